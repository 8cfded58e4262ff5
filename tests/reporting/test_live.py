from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from seatrial.reporting.live import LiveView
from tests.reporting import synthetic
from tests.reporting.conftest import hostile_scene
from tests.reporting.test_text import harmful


def run(
    scene: synthetic.Scene, *, tty: bool = False, width: int = 100, keep: float = 1.0
) -> tuple[str, LiveView]:
    console = Console(file=io.StringIO(), width=width, height=40, force_terminal=tty)
    events = synthetic.events(scene)
    with LiveView(console, clock=lambda: 0.0) as view:
        for event in events[: int(len(events) * keep)]:
            view.feed(event)
        drawn = io.StringIO()
        Console(file=drawn, width=width).print(view._drawn())
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue() if not tty else drawn.getvalue() + file.getvalue(), view


def test_a_log_gets_one_line_a_decision() -> None:
    text, _ = run(synthetic.rejected())
    lines = text.split("\n")
    assert lines[0].startswith("sea trial of support-bot · policy sha256:71ab0c2b5f0f… · seed 20261120")
    assert lines[1] == "target bot at http://127.0.0.1:8000/v1"
    assert sum(line.startswith("✕ complete-answers failed: ") for line in lines) == 2, (
        "when decided, and at the end"
    )
    assert "✓ contract: A stream ends with its marker" in lines
    assert sum("latency-p95" in line for line in lines) == 2
    assert "Not certified. Answers are cut short." in lines
    assert "\x1b" not in text


def test_a_terminal_sees_estimates_bounds_and_what_is_needed() -> None:
    text, _ = run(synthetic.inconclusive(), tty=True, width=120, keep=0.5)
    head = text.split("\n")
    row = next(line for line in head if "latency-p95" in line)
    assert "◌" in row
    assert "┊" in row
    assert "3,100 to go" in row
    assert "% beyond 1 s" in row
    assert any(line.startswith("contract  0 of 12") for line in head)


def test_progress_of_the_suites() -> None:
    text, _ = run(synthetic.rejected(), tty=True, width=120)
    assert "contract  12 of 12  ✓ 10  ✕ 1  – 1" in text


@pytest.mark.parametrize("width", [30, 50, 79, 120])
def test_a_narrow_terminal_is_respected(width: int) -> None:
    text, _ = run(synthetic.rejected(), tty=True, width=width, keep=0.6)
    drawn = text.split("\x1b", 1)[0]
    assert max(Text(line).cell_len for line in drawn.split("\n")) <= width


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    with LiveView(console) as view:
        for event in synthetic.events(synthetic.rejected(n=900)):
            view.feed(event)
    file = console.file
    assert isinstance(file, io.StringIO)
    assert "\x1b[31" not in file.getvalue()
    assert "✕ " in file.getvalue()


@pytest.mark.parametrize("tty", [False, True])
def test_hostile_text_does_not_reach_the_terminal(tty: bool) -> None:
    text, _ = run(hostile_scene(), tty=tty)
    assert "evil.example\x1b" not in text
    assert "\x1b]" not in text
    assert "\x1b[2J" not in text
    assert harmful(Text.from_ansi(text).plain if tty else text) in ([], ["\r"] * text.count("\r"))


@pytest.mark.parametrize("keep", [0.0, 0.05, 0.2, 0.5, 0.9])
def test_a_run_that_breaks_off(keep: float) -> None:
    text, _ = run(synthetic.healthy(n=900), keep=keep)
    assert ("certifies nothing" in text) is (keep > 0.0 and "sea trial of" in text)


def test_closing_twice_tells_once() -> None:
    text, view = run(synthetic.healthy(n=6000))
    view.close()
    assert text.count("Certified.") == 1


def test_time_runs_on_between_two_events() -> None:
    now = [100.0]
    view = LiveView(Console(file=io.StringIO()), clock=lambda: now[0])
    view.feed({"event": "journal", "t": 2.0})
    now[0] = 103.5
    assert view.elapsed == pytest.approx(5.5)
