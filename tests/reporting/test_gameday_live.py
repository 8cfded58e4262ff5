"""The screen of a game day: at any size, in any terminal, whatever the target says."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from seatrial.reporting.gameday_live import GameDayScreen, end_of_game_day
from tests.reporting import drill, hostile
from tests.reporting.test_text import harmful


def expected(step: int, name: str, state: str, limit: float) -> drill.Event:
    told = {
        "step": step,
        "name": name,
        "state": state,
        "since": 20.0,
        "deadline": 20.0 + limit,
        "limit": limit,
    }
    return drill.at(20.4, "expected", **told)


EXPECTED = [
    expected(2, "breaker-open", "active", 10.0),
    expected(3, "pager", "active", 10.0),
    expected(4, "checkpoint-5", "steady", 5.0),
]


def screen(width: int = 80, height: int = 24, *, tty: bool = True, **more: Any) -> GameDayScreen:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=tty, **more)
    return GameDayScreen(attended=False, console=console, clock=lambda: 0.0)


def drawn(view: GameDayScreen, until: float, **given: Any) -> list[str]:
    """The rows of the frame at a moment of the drill."""
    told = sorted([*drill.events(**given), *EXPECTED], key=lambda event: float(event["t"]))
    columns = drill.traffic()[1] | {"t": until}
    rows = [place for place, sent in enumerate(columns["intended"]) if 1.0 + sent + 0.03 < until]
    columns |= {
        key: [value[row] for row in rows] for key, value in columns.items() if isinstance(value, list)
    }
    for event in told:
        if event["event"] not in ("exchanges", "finish") and event["t"] <= until:
            view.feed(event)
    view.feed(columns)
    out = io.StringIO()
    Console(file=out, width=view.console.width, height=view.console.height).print(view._drawn())
    return out.getvalue().rstrip("\n").split("\n")


def row(rows: list[str], beginning: str) -> str:
    return next(line for line in rows if line.startswith(beginning))


def test_a_fault_at_work() -> None:
    rows = drawn(screen(), 26.0)
    assert rows[0].startswith("GAME DAY  A dead provider")
    assert rows[0].endswith("26 s")
    assert rows[1] == "step 3 of 7 · observer"
    assert rows[2] == "  breaker-open fires within 10 s"
    assert "AT WORK" in row(rows, "cut")
    assert "━" in row(rows, "cut")
    assert row(rows, "RTO clock").endswith("6 s of 5 s …")
    assert re.search("[▁-█]{3} +30 %  30 in all", row(rows, "errors"))
    assert row(rows, "pager").endswith("must fire: 4 s left")
    assert row(rows, "breaker-open").endswith("✓ fired after 2.0 s")
    assert row(rows, "  3 ▸").startswith("  3 ▸ observer:")
    assert rows[-1] == "Enter go on   n note   q abort and roll back"


def test_effect_stands_below_its_cause() -> None:
    """Fault and errors begin in the same column: one axis of time."""
    rows = drawn(screen(100), 26.0)
    errors = re.search("[▁-█]", row(rows, "errors"))
    assert errors is not None
    assert row(rows, "cut").index("━") == errors.start()


def test_the_clock_stops_when_the_traffic_is_good_again() -> None:
    view = screen()
    rows = drawn(view, 28.0)
    assert row(rows, "RTO clock").endswith("…")
    view.feed(drill.at(28.0, "steady", fault="cut", seconds=4.0))
    out = io.StringIO()
    Console(file=out, width=80, height=24).print(view._drawn())
    assert "4 s of 5 s steady" in out.getvalue()


def test_names_stand_on_the_screen() -> None:
    view = screen()
    drawn(view, 19.5)
    assert drawn(view, 19.5)[1] == "step 2 of 7 · operator Bo Chen"


def test_calling_it_off_is_told_first() -> None:
    assert drawn(screen(), 31.6, aborted=True)[1] == ("called off by the key q; taking everything back …")
    assert drawn(screen(), 32.2, aborted=True)[1] == "rolled back: cut"


def test_what_somebody_types_is_shown() -> None:
    view = screen(100)
    view.typing("the breaker op")
    assert drawn(view, 26.0)[-1] == "note> the breaker op▏  Enter keep  Esc drop  Ctrl-C abort"
    view.typing(None)
    assert drawn(view, 26.0)[-1].startswith("Enter go on")


@pytest.mark.parametrize(("width", "height"), [(20, 5), (40, 12), (60, 14), (80, 24), (140, 40), (300, 90)])
def test_any_size_is_respected(width: int, height: int) -> None:
    view = screen(width, height)
    view.typing("a note " * 40)
    rows = drawn(view, 31.0)
    assert len(rows) <= height
    assert max(Text(line).cell_len for line in rows) <= width
    assert rows[-1].startswith("note>"), "the last line is always there"


def test_more_room_tells_what_happened_last() -> None:
    rows = drawn(screen(120, 40), 31.0)
    assert any("note      scribe: Bo Chen and DEE saw it first" in line for line in rows)


def test_a_terminal_without_unicode() -> None:
    view = screen()
    view.console = Console(
        file=io.TextIOWrapper(io.BytesIO(), encoding="ascii"), width=80, height=24, force_terminal=True
    )
    rows = drawn(view, 26.0)
    assert all(line.isascii() for line in rows)
    assert "=" in row(rows, "cut")


@pytest.mark.parametrize("tty", [True, False])
def test_hostile_text_does_not_reach_the_terminal(tty: bool) -> None:
    view = screen(tty=False)
    rows = "\n".join(drawn(view, 31.0, text=hostile.ALL))
    assert not harmful(rows)
    file = view.console.file
    assert isinstance(file, io.StringIO)
    assert not harmful(file.getvalue())
    assert "\x1b" not in file.getvalue()


def test_without_a_terminal_every_event_of_note_is_a_line() -> None:
    view = screen(tty=False)
    with view:
        for event in drill.events(aborted=True):
            view.feed(event)
    file = view.console.file
    assert isinstance(file, io.StringIO)
    lines = file.getvalue().splitlines()
    assert lines[0] == "game day A dead provider: 7 steps"
    assert "   20.3 s    fault     cut: down on primary is at work" in lines
    assert (
        "   30.0 s  ✕ signal    expected that pager fires: did not fire within 10 s (nothing came in)"
        in lines
    )
    assert "   31.5 s  ‼ abort     called off by the key q" in lines


def test_the_end_tells_every_expectation_and_the_way_back() -> None:
    console = Console(file=io.StringIO(), width=100)
    end_of_game_day(drill.report(aborted=True), console, [("report", "report.html")])
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "Called off. The key q ended it." in text
    assert "✕ pager fires in time: did not fire within 10 s" in text
    assert "taken back, and read back: cut" in text
    assert "cut: down on primary; acted 62 times" in text
    assert "report       report.html" in text


def test_a_live_view_opens_and_closes() -> None:
    console = Console(file=io.StringIO(), width=80, height=24, force_terminal=True)
    with GameDayScreen(attended=True, console=console) as view:
        for event in drill.events():
            view.feed(event)
    assert isinstance(console.file, io.StringIO)
    assert "\x1b[?1049h" in console.file.getvalue(), "a screen of its own"
    assert console.file.getvalue().rstrip().endswith("\x1b[?25h\x1b[?1049l"), "given back"
