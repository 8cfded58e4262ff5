"""The public names: told truly, imported on use, and typed."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

import seatrial
from tests.repo import PROJECT

SOURCE = (PROJECT / "plugins" / "seatrial" / "__init__.py").read_text("utf-8")


def test_all_is_sorted_and_holds_every_public_name() -> None:
    assert seatrial.__all__ == sorted(seatrial.__all__)
    assert set(seatrial.__all__) == set(seatrial._HOMES)


@pytest.mark.parametrize("name", seatrial.__all__)
def test_a_public_name_can_be_imported_and_is_documented(name: str) -> None:
    value = getattr(seatrial, name)
    assert value.__name__ == name
    assert value.__module__ == seatrial._HOMES[name]
    assert (value.__doc__ or "").strip()


def test_type_checkers_see_the_same_names() -> None:
    guarded = next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.If))
    seen = {
        alias.asname: node.module
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == seatrial._HOMES


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Objectiv'"):
        seatrial.Objectiv  # noqa: B018


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys; before = set(sys.modules); import seatrial; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded - sys.stdlib_module_names == {"seatrial"}
