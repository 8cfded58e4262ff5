"""The benchmarks run, on a busy machine too, where their figures mean nothing: none is broken unseen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
QUICK = {"bench_objective.py": ["--exchanges", "5000"], "bench_evidence.py": []}
LONG = sorted({file.name for file in FOLDER.glob("bench_*.py")} - set(QUICK))


def run(name: str, *arguments: str) -> str:
    command = [sys.executable, name, *arguments]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in (0, 1, 2), done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_one_prints_its_figures(name: str) -> None:
    assert "target" in run(name, *QUICK[name])


@pytest.mark.parametrize("name", LONG)
def test_a_long_one_finds_all_it_uses(name: str) -> None:
    assert "usage" in run(name, "--help")
