"""Files and functions stay small enough to be read in one sitting."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.repo import PROJECT

FILE = 400
FUNCTION = 50


def sources() -> list[Path]:
    return sorted(
        file
        for root in ("plugins", "suites", "tests", "benchmarks")
        for file in (PROJECT / root).rglob("*.py")
    )


def long_functions(source: str, limit: int = FUNCTION) -> list[str]:
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (node.end_lineno or node.lineno) - node.lineno >= limit
    ]


def test_no_file_is_longer_than_its_budget() -> None:
    lengths = {
        str(file.relative_to(PROJECT)): len(file.read_text("utf-8").splitlines()) for file in sources()
    }
    assert len(lengths) > 50
    assert {name: lines for name, lines in lengths.items() if lines > FILE} == {}


def test_no_function_is_longer_than_its_budget() -> None:
    found = {str(file.relative_to(PROJECT)): long_functions(file.read_text("utf-8")) for file in sources()}
    assert {name: functions for name, functions in found.items() if functions} == {}


def test_a_long_function_is_seen() -> None:
    assert long_functions("def long() -> None:\n" + "    x = 1\n" * 60) == ["long"]
