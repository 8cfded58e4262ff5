"""``chaos discover seatrial`` from an installed wheel, as its users have it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.repo.conftest import Environment

pytest.importorskip("chaoslib", reason="needs the extra [chaos]")


def test_the_stock_command_discovers_the_extension(from_wheel: Environment, tmp_path: Path) -> None:
    done = from_wheel.run(
        "python",
        *(
            "-m",
            "chaostoolkit",
            "--no-version-check",
            "--no-log-file",
            "discover",
            "--no-install",
            "seatrial",
        ),
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "SEATRIAL_CONTROL_URL": "http://127.0.0.1:9"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "discovery.json").read_text())
    assert found["extension"]["name"] == "seatrial"
    assert {"inject_fault", "objective", "recovery"} <= {one["name"] for one in found["activities"]}
    assert "http.status" in found["system"]["faults"]


def test_a_bundled_experiment_is_valid_from_there(from_wheel: Environment, tmp_path: Path) -> None:
    where = from_wheel.purelib / "seatrial" / "_bundled" / "scenarios" / "provider-outage.experiment.yaml"
    done = from_wheel.run(
        "python",
        *("-m", "chaostoolkit", "--no-version-check", "--no-log-file", "validate", str(where)),
        cwd=tmp_path,
        env={"HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
