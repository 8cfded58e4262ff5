"""`seatrial compare`: exit codes, table, Markdown and JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Seatrial
from tests.load.comparison.journals import Made, failures, times

BASE = Made("20261120-100000-aaaa", times(1))


@pytest.fixture
def baseline(home: Path) -> Path:
    return BASE.write(home / "one")


def test_0_no_worse(seatrial: Seatrial, baseline: Path, home: Path) -> None:
    done = seatrial("compare", baseline, Made("again", times(2)).write(home / "two"))
    assert done.exit_code == 0, done.output
    assert "the candidate is no worse than the baseline" in done.output
    assert "median latency" in done.output


def test_1_worse(seatrial: Seatrial, baseline: Path, home: Path) -> None:
    worse = Made("worse", times(2), failures(3, 0.1)).write(home / "two")
    done = seatrial("compare", baseline, worse, "--markdown", home / "c.md", "--json")
    assert done.exit_code == 1, done.output
    told = json.loads(done.output)
    assert (told["schema"], told["outcome"]) == ("seatrial.comparison/1", "FAILED")
    line = next(line for line in told["lines"] if line["name"] == "availability")
    assert line["lower"] > line["margin"] == 0.01
    text = (home / "c.md").read_text()
    assert text.startswith("## ✕ the candidate is worse than the baseline")
    assert "| ✕ | availability | 0 % | " in text
    assert seatrial("compare", baseline, worse, "--margin", "30%", "--slower", "100%").exit_code in (0, 1)


def test_2_not_shown(seatrial: Seatrial, baseline: Path, home: Path) -> None:
    few = Made("few", times(2, 40)).write(home / "two")
    assert seatrial("compare", baseline, few).exit_code == 2


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (None, "cannot be read"),
        (replace(BASE, run="other", digest="sha256:other"), "different policies"),
        (BASE, "compared with itself"),
    ],
)
def test_3_nothing_to_compare(
    other: Made | None, told: str, seatrial: Seatrial, baseline: Path, home: Path
) -> None:
    folder = home / "two" if other is None else other.write(home / "two")
    done = seatrial("compare", baseline, folder)
    assert done.exit_code == 3, done.output
    assert told in done.output


def test_3_a_margin_that_is_none(seatrial: Seatrial, baseline: Path) -> None:
    assert seatrial("compare", baseline, baseline, "--margin", "much").exit_code == 3


def test_4_no_room_for_the_markdown(seatrial: Seatrial, baseline: Path, home: Path) -> None:
    other = Made("again", times(2)).write(home / "two")
    assert seatrial("compare", baseline, other, "--markdown", home / "missing" / "c.md").exit_code == 4
