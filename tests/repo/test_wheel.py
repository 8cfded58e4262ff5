"""What is in the wheel and in the sdist, and that an installation finds it."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.repo import PROJECT, files_of_the_project
from tests.repo.conftest import Environment

pytestmark = pytest.mark.xdist_group("packaging")

KINDS = ("suites", "scenarios", "fixtures", "reports")


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def here(folder: str) -> set[str]:
    return {str(file.relative_to(PROJECT)) for file in files_of_the_project(folder)}


def test_the_wheel_has_two_top_level_entries(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in names(wheel)}
    assert len(tops) == 2
    assert "seatrial" in tops
    assert any(top.startswith("seatrial-") and top.endswith(".dist-info") for top in tops)


@pytest.mark.parametrize("kind", KINDS)
def test_the_wheel_ships_all_bundled_data(wheel: Path, kind: str) -> None:
    shipped = {name.removeprefix("seatrial/_bundled/") for name in names(wheel)}
    assert here(kind) - shipped == set()


def test_the_wheel_ships_every_file_of_the_package(wheel: Path) -> None:
    package = {name.removeprefix("plugins/") for name in here("plugins/seatrial")}
    assert package - set(names(wheel)) == set()
    assert "seatrial/py.typed" in names(wheel)
    assert "seatrial/cli/pytest.ini" in names(wheel)


def test_the_wheel_ships_no_tests_and_no_litter(wheel: Path) -> None:
    litter = [
        name
        for name in names(wheel)
        if "__pycache__" in name or "/tests/" in name or name.endswith("conftest.py")
    ]
    assert [name for name in litter if not name.startswith("seatrial/_bundled/suites/")] == []


def test_the_wheel_carries_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        licence = next(name for name in archive.namelist() if name.endswith("licenses/LICENSE"))
        assert b"Apache License" in archive.read(licence)


def test_the_sdist_can_be_tested(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "Makefile",
        "constraints.txt",
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "tests/repo/test_wheel.py",
    } <= inside
    assert not [name for name in inside if name.startswith((".venv", "runs", ".git/"))]


@pytest.mark.parametrize("kind", KINDS)
def test_bundled_data_are_found(installed: Environment, kind: str, tmp_path: Path) -> None:
    done = installed.run(
        "python", "-c", f"from seatrial.bundled import bundled; print(bundled({kind!r}))", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    place = Path(done.stdout.strip())
    assert place.is_dir()
    if installed.kind == "wheel":
        assert place == installed.purelib / "seatrial" / "_bundled" / kind
    else:
        assert place == PROJECT / kind


def test_an_editable_install_copies_nothing(from_checkout: Environment) -> None:
    assert not (from_checkout.purelib / "seatrial").exists()


def test_the_wheel_does_not_lean_on_the_checkout(from_wheel: Environment, tmp_path: Path) -> None:
    done = from_wheel.run("python", "-c", "import seatrial; print(seatrial.__file__)", cwd=tmp_path)
    assert Path(done.stdout.strip()).is_relative_to(from_wheel.purelib)
