"""The live view of a game day: traffic, faults, signals and script on one screen, or as plain lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from threading import RLock
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from seatrial.reporting import figures, loose
from seatrial.reporting.gameday_board import Board
from seatrial.reporting.gameday_draw import draw
from seatrial.reporting.model import Report
from seatrial.reporting.terminal import STYLES, say, sign
from seatrial.reporting.text import clean_tree, one_line
from seatrial.reporting.timeline import row_of

Event = dict[str, Any]
_REFRESH = 8  # times a second
_COLUMNS = ("exchanges", "warmup")


class GameDayScreen:
    """Shows a game day while it happens. Use it as a context manager and `feed` it the journal's events.

    Args:
        attended: whether people sit at the terminal; else every event of note becomes one line.
        console: where to draw; the standard output by default.
        clock: a monotonic clock, for the time that runs between two events.
    """

    def __init__(
        self,
        *,
        attended: bool = False,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.console = console or Console(highlight=False)
        self.board = Board()
        self._clock = clock
        self._attended = attended
        self._lock = RLock()
        self._last = (0.0, clock())
        self._typed: str | None = None
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._attended and self.console.is_terminal and not self.console.is_dumb_terminal:
            self._live = Live(
                console=self.console,
                get_renderable=self._drawn,
                refresh_per_second=_REFRESH,
                screen=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    @property
    def now(self) -> float:
        """Seconds since the run began, also between two events."""
        at, seen = self._last
        return at + max(self._clock() - seen, 0.0)

    def feed(self, event: Event) -> None:
        """Take in one event of the journal."""
        with self._lock:
            self._last = (loose.number(event.get("t")), self._clock())
            if event["event"] not in _COLUMNS:
                event = clean_tree(event)
            self.board.feed(event)
            if self._live is None:
                self._tell(event)

    def typing(self, text: str | None) -> None:
        """What somebody is writing just now, None for nothing."""
        with self._lock:
            self._typed = None if text is None else one_line(text, 2000)

    def _drawn(self) -> Group:
        with self._lock:
            return draw(self.board, self.console, self.now, self._typed)

    def _tell(self, event: Event) -> None:
        """One line, where nothing redraws itself."""
        at = f"{loose.number(event.get('t')):7.1f} s  "
        if event["event"] == "gameday" and event.get("phase") == "begin":
            steps = figures.plural(len(self.board.steps), "step")
            say(self.console, Text(f"game day {self.board.title}: {steps}", "bold"))
            return
        row = row_of(event, {step.get("number"): step for step in self.board.steps})
        if row is None:
            return
        who = f"{row.role}: " if row.role else ""
        mark = sign(row.outcome) if row.outcome is not None else Text(" ")
        say(self.console, Text(at, "dim"), mark, f" {row.kind:<9} {who}{row.text}")


def end_of_game_day(report: Report, console: Console, files: Sequence[tuple[str, str]]) -> None:
    """What the game day came to, in the order of its report.

    Args:
        report: what to tell.
        console: where to.
        files: ``(label, path)`` pairs to end with.
    """
    say(console, "")
    style = f"bold {STYLES.get(report.tone, 'green')}"
    say(console, Text(report.headline.lead, style), Text(f" {report.headline.why}", "bold"))
    say(console, report.headline.standfirst)
    say(console, "")
    for suite in report.suites:
        for item in suite.items:
            reason = f": {item.reason}" if item.reason else ""
            say(console, sign(item.outcome), Text(f" {item.title}", "bold"), reason)
    for error in report.errors:
        say(console, Text("‼", "bold magenta"), f" {error.what}")
    day = report.gameday
    for what in day.not_rolled_back if day else ():
        say(console, Text(f"‼ NOT taken back: {what}", "bold red"))
    if day is not None and day.rolled_back:
        say(console, f"taken back, and read back: {', '.join(day.rolled_back)}")
    for fault in report.faults:
        say(console, Text(f"{fault.name}: {fault.what}; {fault.witness}", "dim"))
    for label, value in files:
        say(console, Text(f"{label:<12} ", "dim"), value)
