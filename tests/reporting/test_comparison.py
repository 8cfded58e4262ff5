"""A comparison as Markdown and as a table: nothing hostile gets through, nothing is left out."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from seatrial.load.comparison.compare import compare
from seatrial.reporting.comparison import headline, print_comparison, render_comparison, rows
from tests.load.comparison.journals import AVAILABLE, Made, times


@pytest.fixture
def told(tmp_path: Path) -> dict[str, Any]:
    one = Made("base", times(1), objectives=[AVAILABLE]).write(tmp_path / "one")
    return compare(one, Made("again", times(2)).write(tmp_path / "two")).to_dict()


def test_every_line_is_there(told: dict[str, Any]) -> None:
    assert headline(told).startswith("? it is not shown")
    names = [name for _, name, *_ in rows(told)]
    assert names == [line["name"] for line in told["lines"]]
    text = render_comparison(told)
    assert all(f"| {name} |" in text for name in names)
    assert "| ? | latency | – | – | – | not shown |" in text
    assert "Newcombe" in text


def test_the_table_tells_the_same(told: dict[str, Any]) -> None:
    out = io.StringIO()
    print_comparison(told, Console(file=out, width=120))
    shown = out.getvalue()
    assert "the baseline never judged it" in shown
    assert "2,000 pairs" in shown
    assert "base" in shown


def test_hostile_names_are_harmless(told: dict[str, Any]) -> None:
    told["lines"][0]["name"] = "\x1b[31mred | **bold** <script>"
    told["notices"] = ["[link](http://evil)\x07"]
    told["candidate"]["targets"] = {"bot\u202e": "http://x\x1b]0;title\x07"}
    text = render_comparison(told)
    out = io.StringIO()
    print_comparison(told, Console(file=out, width=120, color_system=None))
    for shown in (text, out.getvalue()):
        assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "<script>" not in text
