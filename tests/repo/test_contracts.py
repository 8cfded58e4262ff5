"""The arrows between rooms: held, and shown to break when a forbidden import is planted."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo import PROJECT

ROOMS = PROJECT / "plugins" / "seatrial"


def lint_imports(project: Path) -> subprocess.CompletedProcess[str]:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1] + '/plugins'); "
        "from importlinter.cli import lint_imports; "
        "config = sys.argv[1] + '/pyproject.toml'; "
        "sys.exit(lint_imports(config_filename=config, no_logo=True, cache_dir=None))"
    )
    return subprocess.run(
        [sys.executable, "-c", script, str(project)], cwd=project, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package and its contracts, in a place where they may be broken."""
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOMS, tmp_path / "plugins" / "seatrial", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def plant(copy: Path, room: str, line: str) -> None:
    (copy / "plugins" / "seatrial" / room / "planted.py").write_text(f"{line}\n", "utf-8")


def test_the_contracts_are_kept(copy: Path) -> None:
    done = lint_imports(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("room", "line", "contract"),
    [
        ("core", "import seatrial.policy", "Arrows between rooms only point down"),
        ("targets", "import seatrial.reporting", "Arrows between rooms only point down"),
        ("policy", "def late() -> None:\n    import seatrial.cli", "Arrows between rooms only point down"),
        ("reporting", "import pytest", "Only the room pytest imports pytest"),
        ("cli", "import pytest", "Only the room pytest imports pytest"),
        ("core", "import yaml", "core knows numpy and the standard library only"),
        (
            "certificate",
            "import seatrial.load",
            "reports and certificates are functions of the journal alone",
        ),
    ],
)
def test_a_forbidden_import_breaks_its_contract(copy: Path, room: str, line: str, contract: str) -> None:
    plant(copy, room, line)
    done = lint_imports(copy)
    assert done.returncode != 0
    assert f"{contract} BROKEN" in done.stdout


def test_a_new_room_must_find_its_place_in_the_layers(copy: Path) -> None:
    (copy / "plugins" / "seatrial" / "attic").mkdir()
    (copy / "plugins" / "seatrial" / "attic" / "__init__.py").write_text("import seatrial.core\n", "utf-8")
    done = lint_imports(copy)
    assert done.returncode != 0
    assert "attic" in done.stdout


def imports(file: Path) -> set[str]:
    """Top-level names of every absolute import of *file*, those inside functions included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def foreign(file: Path, allowed: set[str]) -> set[str]:
    """What *file* imports beside the standard library, its own package and *allowed*."""
    return {
        name
        for name in imports(file)
        if name.split(".")[0] not in sys.stdlib_module_names | allowed | {"seatrial"}
    }


def test_core_imports_numpy_and_the_standard_library_only() -> None:
    found = {file.name: foreign(file, {"numpy"}) for file in (ROOMS / "core").rglob("*.py")}
    assert found
    assert {name: names for name, names in found.items() if names} == {}


def test_core_keeps_no_clock_and_no_global_random() -> None:
    banned = {"time", "random", "socket", "asyncio", "threading"}
    found = {file.name: imports(file) & banned for file in (ROOMS / "core").rglob("*.py")}
    assert {name: names for name, names in found.items() if names} == {}


def test_the_check_of_foreign_imports_sees_one(tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(
        "import os\nimport numpy\ndef f():\n    from yaml.nodes import Node\n", "utf-8"
    )
    assert foreign(tmp_path / "x.py", {"numpy"}) == {"yaml.nodes"}
