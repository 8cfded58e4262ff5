from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from seatrial.core.outcome import Outcome
from seatrial.reporting import terminal
from seatrial.reporting.model import Report
from tests.reporting.test_text import harmful


def shown(report: Report, width: int = 80, *, tty: bool = False, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    console = Console(file=file, width=width, force_terminal=tty, color_system="truecolor" if tty else None)
    terminal.end_screen(report, console, [("report", "runs/x/report.html")])
    file.flush()
    return raw.getvalue().decode(encoding)


def test_the_end_tells_the_story_of_the_report(rejected: Report) -> None:
    lines = shown(rejected).strip().split("\n")
    assert lines[0] == "Not certified. Answers are cut short."
    text = "\n".join(lines)
    assert text.index("✕ complete-answers failed") < text.index("✓ availability passed")
    assert "policy.yaml:10" in text
    assert lines[-1] == "report       runs/x/report.html"
    assert "✕ 2 failed" in text


def test_a_file_gets_whole_lines(rejected: Report) -> None:
    assert any(len(line) > 100 for line in shown(rejected, width=40).split("\n"))


def test_a_narrow_terminal_is_respected(poisoned: Report) -> None:
    text = shown(poisoned, width=40, tty=True)
    plain = Text.from_ansi(text).plain
    assert max(Text(line).cell_len for line in plain.split("\n")) <= 40


def test_a_terminal_without_unicode_still_gets_its_signs(rejected: Report) -> None:
    text = shown(rejected, encoding="ascii")
    assert text.isascii()
    assert "x complete-answers failed" in text


def test_nothing_a_target_said_reaches_the_terminal(poisoned: Report) -> None:
    text = shown(poisoned)
    assert harmful(text) == []
    assert "[bold red]x[/bold red]" in text or "[link=" in text or "and " in text
    for line in terminal.verdict_line(poisoned.objectives[0]), terminal.sign(Outcome.FAILED):
        assert harmful(line.plain) == []


def test_markup_in_an_answer_is_text(rejected: Report) -> None:
    file = io.StringIO()
    terminal.say(Console(file=file, width=80), "[bold red]x[/bold red] [/]")
    assert file.getvalue() == "[bold red]x[/bold red] [/]\n"


def test_the_bar_keeps_its_limit_in_place(rejected: Report) -> None:
    bars = [terminal.bar(view, 28).plain for view in rejected.objectives]
    assert {len(bar) for bar in bars} == {28}
    assert len({bar.index("┊") for bar in bars}) == 1
    failed = bars[0]
    assert failed.index("●") > failed.index("┊")
    assert bars[1].index("●") < bars[1].index("┊")


@pytest.mark.parametrize("width", [0, 3, 8, 9])
def test_a_bar_of_any_width(rejected: Report, width: int) -> None:
    assert len(terminal.bar(rejected.objectives[0], width)) == width
