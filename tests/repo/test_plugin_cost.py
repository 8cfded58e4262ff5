"""What the plugin costs a session that does not use it. CPU is `make bench`; modules are counted here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = "seatrial.pytest.plugin"
LIMIT = 25
COUNT = """
import sys

def pytest_unconfigure():
    print("modules:", *sorted(sys.modules))
"""


def modules(folder: Path, *arguments: str) -> set[str]:
    """Names of all modules that an empty session in *folder* has imported by its end."""
    (folder / "conftest.py").write_text(COUNT, "utf-8")
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 5, done.stdout + done.stderr
    return set(done.stdout.rpartition("modules:")[2].split())


@pytest.fixture(scope="module")
def added(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("empty")
    return modules(folder, "-p", PLUGIN) - modules(folder)


def test_an_empty_session_pays_less_than_25_modules(added: set[str]) -> None:
    assert PLUGIN in added
    assert len(added) < LIMIT, sorted(added)


def test_an_empty_session_imports_nothing_that_a_trial_needs(added: set[str]) -> None:
    heavy = {"numpy", "pydantic", "yaml", "jinja2", "rich", "cryptography", "click", "uvloop", "httptools"}
    assert {name for name in added if name.split(".")[0] in heavy} == set()


def test_a_feature_can_be_switched_off_with_its_options(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:seatrial.pytest.suites", "--help"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "--trial-policy" in done.stdout
    assert "--trial-suite" not in done.stdout
