"""Words that must not stand in a tracked file: places of one machine, registries, left-over markers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.repo import PROJECT, files_of_the_project

# Pieced together, so that this file does not hold them.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w}])/(?:wo" + r"rk|ro" + r"ot|opt/py" + r"pi|ho" + r"me/\w+)/",
    "a package registry": r"(?:py"
    + r"pi\.org|pythonhos"
    + r"ted\.org|npm"
    + r"js\.(?:com|org)|index"
    + r"-url)",
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE " + r"KEY-----\n[A-Za-z0-9+/=]",
    "a left-over marker": r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b",
    "a stub": r"raise NotImplemented" + r"Error",
}


def found(pattern: str, files: list[Path]) -> list[str]:
    hits = []
    for file in files:
        text = file.read_text("utf-8", "replace")
        hits += [
            f"{file.name}:{text.count(chr(10), 0, m.start()) + 1}: {m[0]}" for m in re.finditer(pattern, text)
        ]
    return hits


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what: str) -> None:
    files = files_of_the_project()
    assert len(files) > 50
    assert found(FORBIDDEN[what], files) == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of one machine", "see /wo" + "rk/main/x"),
        ("a package registry", "https://py" + "pi.org/simple"),
        ("a left-over marker", "# TO" + "DO later"),
        ("a stub", "raise NotImplemented" + "Error"),
    ],
)
def test_the_check_sees_what_it_is_for(tmp_path: Path, what: str, text: str) -> None:
    (tmp_path / "planted.md").write_text(f"one\n{text}\n", "utf-8")
    assert found(FORBIDDEN[what], [tmp_path / "planted.md"])[0].startswith("planted.md:2: ")


def test_pins_name_no_host() -> None:
    lines = [
        line
        for line in (PROJECT / "constraints.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line)] == []


def test_no_root_conftest_names_plugins() -> None:
    """pytest would refuse a foreign repo that runs a bundled suite from an editable install."""
    conftest = PROJECT / "conftest.py"
    assert not conftest.exists() or "pytest_plugins" not in conftest.read_text("utf-8")


def test_every_folder_of_suites_and_tests_is_a_package() -> None:
    """Two files of one name would otherwise be one module, or collide with a user's."""
    folders = {file.parent for root in ("suites", "tests") for file in (PROJECT / root).rglob("test_*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []
