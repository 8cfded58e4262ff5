"""`seatrial systems`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.cli.conftest import Seatrial


def test_list_names_the_bundled_recipes(seatrial: Seatrial) -> None:
    done = seatrial("systems", "list")
    assert done.exit_code == 0
    assert {"reference", "llama-smollm2"} <= {line.split()[0] for line in done.output.splitlines()}


def test_an_unknown_system_is_usage_and_names_the_nearest(seatrial: Seatrial) -> None:
    done = seatrial("systems", "start", "referense")
    assert done.exit_code == 3
    assert "reference" in done.stderr


def test_a_wrong_defect_is_told_by_the_system_itself(seatrial: Seatrial) -> None:
    done = seatrial("systems", "start", "reference", "--defect", "nonsense")
    assert done.exit_code == 4
    assert "nonsense" in done.stderr


def test_start_serves_until_it_is_told_to_stop(home: Path) -> None:
    command = [sys.executable, "-m", "seatrial", "systems", "start", "reference", "--log", str(home / "log")]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        assert "serves openai-chat at http://127.0.0.1:" in told
        uri = told.split(" at ")[1].split(",")[0]
        with urllib.request.urlopen(uri.removesuffix("/v1") + "/health", timeout=10) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        assert "stopped" in process.stdout.read()
    assert process.returncode == 0
    assert (home / "log" / "reference.log").stat().st_size > 0
