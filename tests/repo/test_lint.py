"""The linter refuses what the house rules forbid: shown by planting it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo import PROJECT


def ruff(source: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--config",
        str(PROJECT / "pyproject.toml"),
        *arguments,
        "-",
    ]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "package", ["scipy", "starlette", "httpx", "xllamacpp", "deepeval", "locust", "onnxruntime"]
)
def test_a_heavy_import_is_refused_at_the_top_and_allowed_inside(package: str) -> None:
    name = ["--stdin-filename", str(PROJECT / "plugins" / "seatrial" / "planted.py")]
    top = ruff(f"import {package}\n\nprint({package})\n", "--select", "TID253", *name)
    assert top.returncode == 1
    assert "TID253" in top.stdout
    inside = ruff(
        f"def late() -> None:\n    import {package}\n\n    print({package})\n", "--select", "TID253", *name
    )
    assert inside.returncode == 0, inside.stdout


def test_a_global_seed_is_refused() -> None:
    done = ruff("import random\n\nrandom.seed(1)\n", "--select", "TID251")
    assert "TID251" in done.stdout
    assert "was handed in" in done.stdout


def test_the_checkout_is_clean(tmp_path: Path) -> None:
    base = [sys.executable, "-m", "ruff"]
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [*base, *command, "."], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
