"""One frame of the game day's screen: every row on one axis of time, so that cause stands above effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import Console, Group
from rich.text import Text

from seatrial.core.outcome import Outcome
from seatrial.reporting import figures, loose
from seatrial.reporting.faults import FaultView
from seatrial.reporting.gameday_board import Board, Event, Expected, Second
from seatrial.reporting.terminal import STYLES, sign, spoken
from seatrial.reporting.timeline import Row

_LABEL = 15
_FIGURES = 30  # columns for the numbers at the right
_NARROW = 22  # the same on a narrow terminal
_BLOCKS = "▁▂▃▄▅▆▇█"
_PLAIN = ".:-=+*#@"
_SPAN = 10  # seconds that the numbers at the right look back
_SIGNALS, _FAULTS = 4, 3  # rows at the most
_LINES = 3  # of an instruction
_LOG = 3  # fewer lines of what happened are not worth their room
_KEYS = "Enter go on   n note   q abort and roll back"


def draw(board: Board, console: Console, now: float, typed: str | None) -> Group:
    """One frame.

    Args:
        board: what is known.
        console: where it is drawn: its size and its abilities count.
        now: seconds since the run began.
        typed: what somebody is writing just now, None for nothing.
    """
    frame = _Frame(board, console, now)
    above = [*frame.head(), *frame.traffic(), *frame.faults(), *frame.signals()]
    below = [frame.foot(typed)]
    room = max(console.height - len(above) - len(below), 0)
    middle = frame.script(room)
    middle += frame.log(room - len(middle))
    gap = [Text("")] * (room - len(middle))
    shown = [*above, *middle, *gap][: max(console.height - len(below), 0)]
    return Group(*(frame.fitted(row) for row in [*shown, *below]))


class _Frame:
    """The rows of one frame."""

    def __init__(self, board: Board, console: Console, now: float) -> None:
        self.board = board
        self.console = console
        self.now = now
        self.width = max(console.width, 20)
        self.figures = _FIGURES if self.width >= 100 else _NARROW
        self.axis = max(self.width - _LABEL - self.figures - 2, 8)

    def fitted(self, row: Text) -> Text:
        """*row* in what the terminal can show, cut to its width."""
        row = spoken(self.console, row)
        row.no_wrap = True
        row.truncate(self.width, overflow="ellipsis")
        return row

    def row(self, label: str, middle: Text, right: Text | str, style: str = "") -> Text:
        """A label, something on the axis of time, and numbers."""
        name = Text(label, style)
        name.truncate(_LABEL - 1, overflow="ellipsis", pad=True)
        middle = middle.copy()
        middle.truncate(self.axis, overflow="ellipsis", pad=True)
        return Text.assemble(name, " ", middle, "  ", right)

    # ---- the head: where we are, who acts, what is to be done

    def head(self) -> Iterator[Text]:
        board = self.board
        title = Text(f"GAME DAY  {board.title}", "bold")
        clock = figures.seconds(round(self.now)) if self.now < 60 else _minutes(self.now)
        gap = max(self.width - title.cell_len - len(clock), 1)
        yield Text.assemble(title, " " * gap, (clock, "bold"))
        if board.ending:
            yield Text(board.ending, "bold red" if "NOT" in board.ending else "bold yellow")
        step = self._step()
        if step is None:
            yield Text("getting ready …", "dim")
            yield Text("")
            return
        number = int(loose.number(step.get("number")))
        where = Text(f"step {number + 1} of {len(board.steps)}", "cyan")
        yield Text.assemble(where, *self._who(step), self._patience(step, number))
        text = loose.line(step.get("text") or step.get("about"), 600)
        lines = Text(text, "bold").wrap(self.console, self.width - 2)
        yield from (Text.assemble("  ", line) for line in list(lines)[:_LINES])
        yield Text("")

    def _step(self) -> Event | None:
        board = self.board
        return next((step for step in board.steps if step.get("number") == board.current), None)

    def _who(self, step: Event) -> list[Text]:
        role = loose.line(step.get("role"), 40)
        if not role:
            return []
        people = ", ".join(self.board.roles.get(role, ()))
        return [Text(f" · {role}", "bold cyan"), Text(f" {people}" if people else "")]

    def _patience(self, step: Event, number: int) -> Text:
        """How long a pause still waits for somebody."""
        most = loose.maybe(step.get("most"))
        if most is None or number not in self.board.began:
            return Text("")
        left = most - (self.now - self.board.began[number])
        return Text(f" · press Enter when it is done, {_minutes(max(left, 0.0))} left", "yellow")

    # ---- traffic

    def traffic(self) -> Iterator[Text]:
        board, seen = self.board, self.board.recent(self.now, _SPAN)
        span = max(min(_SPAN, int(self.now)), 1)
        number, oldest = board.waiting(self.now)
        held = Text(f"  {number} waiting {figures.seconds(round(oldest))}", "yellow") if number else Text("")
        yield self.row(
            "requests",
            self._spark(lambda second: float(second.ended)),
            Text.assemble(f"{seen.ended / span:.1f}/s", held or f"  {figures.count(board.requests)}"),
        )
        share = seen.failed / seen.ended if seen.ended else 0.0
        style = "bold red" if seen.failed else ""
        yield self.row(
            "errors",
            self._spark(lambda second: float(second.failed), style="red", top=self._most()),
            Text.assemble((figures.share(share), style), f"  {figures.count(board.failed)} in all"),
        )
        half, late = seen.percentile(50), seen.percentile(95)
        told = "–" if half is None or late is None else f"p50 {_short(half)} p95 {_short(late)}"
        yield self.row("latency", self._spark(lambda second: second.percentile(95) or 0.0), told)

    def _most(self) -> float:
        return max((self.board.second(at).ended for at in self._seconds()), default=0) or 1.0

    def _seconds(self) -> range:
        """The seconds on the axis: the last whole one at its right end."""
        return range(int(self.now) - self.axis, int(self.now))

    def _spark(self, value: Callable[[Second], float], style: str = "cyan", top: float | None = None) -> Text:
        values = [value(self.board.second(at)) if at >= 0 else 0.0 for at in self._seconds()]
        most = max(values, default=0.0) if top is None else top
        blocks = _PLAIN if self.console.options.ascii_only else _BLOCKS
        cells = (
            " " if not each or not most else blocks[min(int(each / most * len(blocks)), len(blocks) - 1)]
            for each in values
        )
        return Text("".join(cells), style)

    # ---- faults and their clocks

    def faults(self) -> Iterator[Text]:
        shown = self.board.faults[-_FAULTS:]
        for fault in shown:
            yield self._fault(fault)
        if not shown:
            yield self.row("faults", Text("none at work", "dim"), "")
        if shown:
            yield self._clock(shown[-1])

    def _fault(self, fault: FaultView) -> Text:
        at_work = fault.reverted is None and not fault.error
        hits = fault.hits if fault.hits is not None else self.board.hits.get(fault.name)
        told = "no hit yet" if not hits else figures.plural(hits, "hit")
        state = "AT WORK" if at_work else "failed" if fault.error else "taken back"
        style = "bold yellow" if at_work else "red" if fault.error else "dim"
        span = self._span(fault.injected, fault.end(self.now), "━", "yellow")
        return self.row(fault.name, span, Text.assemble((state, style), f" {told}"), style)

    def _clock(self, fault: FaultView) -> Text:
        """From the fault until the traffic was good again."""
        steady = self.board.steady.get(fault.name)
        limit = next((each.limit for each in self.board.expected.values() if each.state == "steady"), None)
        took = self.now - fault.injected if steady is None else steady
        of = f" of {figures.seconds(limit)}" if limit else ""
        late = limit is not None and took > limit
        style = "bold red" if late else "bold yellow" if steady is None else "green"
        word = "…" if steady is None else "steady"
        span = self._span(fault.injected, fault.injected + took, "─", style)
        return self.row("RTO clock", span, Text(f"{figures.seconds(round(took, 1))}{of} {word}", style))

    def _span(self, start: float, end: float, mark: str, style: str) -> Text:
        left = int(self.now) - self.axis
        cells = [mark if int(start) <= at <= end else " " for at in range(left, left + self.axis)]
        return Text("".join(cells), style)

    # ---- signals

    def signals(self) -> Iterator[Text]:
        open_ones = {each.name: each for each in self.board.expected.values() if each.outcome is None}
        judged = {each.name: each for each in self.board.expected.values() if each.outcome is not None}
        shown = list(self.board.signals.items())
        shown.sort(key=lambda pair: (pair[0] not in open_ones, pair[0] not in judged))
        yield Text("")
        for name, (active, told) in shown[:_SIGNALS]:
            expected = open_ones.get(name) or judged.get(name)
            mark, style = ("●", "bold red") if active else ("○", "dim") if active is False else ("?", "dim")
            words = Text.assemble((f"{mark} ", style), (told or "not looked at yet", "dim"))
            yield self.row(name, words, self._countdown(expected) if expected else "", style)
        if len(shown) > _SIGNALS:
            yield Text(f"and {len(shown) - _SIGNALS} more signals", "dim")
        yield Text("")

    def _countdown(self, expected: Expected) -> Text:
        if expected.outcome is not None:
            return Text.assemble(sign(expected.outcome), f" {_came(expected)}")
        left = expected.deadline - self.now
        word = {"active": "fire", "quiet": "stop"}.get(expected.state, "be steady")
        if left <= 0:
            return Text(f"must {word}: time is up", "bold red")
        return Text(f"must {word}: {figures.seconds(round(left))} left", "yellow")

    # ---- the script

    def script(self, room: int) -> list[Text]:
        steps = self.board.steps
        current = self.board.current if self.board.current is not None else 0
        first = max(min(current - room // 3, len(steps) - room), 0)
        return [self._line(step) for step in steps[first : first + room]]

    def _line(self, step: Event) -> Text:
        number = int(loose.number(step.get("number")))
        done = self.board.done.get(number)
        outcome = loose.outcome(done["outcome"]) if done and done.get("outcome") else None
        if number == self.board.current and done is None:
            mark, style = Text("▸", "bold cyan"), "bold"
        elif outcome is not None:
            mark, style = sign(outcome), STYLES[outcome] if outcome is not Outcome.PASSED else ""
        else:
            mark, style = Text("·" if done is None else "✓", "dim"), "dim"
        role = loose.line(step.get("role"), 16)
        about = loose.line(step.get("about") or step.get("name"))
        reason = loose.line(done.get("reason")) if done else ""
        told = Text.assemble(f"{number + 1:3} ", mark, " ", (f"{role + ':' if role else '':<13}", "dim"))
        return Text.assemble(told, (about, style), (f"  {reason}" if reason else "", "dim"))

    def log(self, room: int) -> list[Text]:
        """What happened last, where there is room for it."""
        if room < _LOG + 1:
            return []
        rows = list(self.board.log)[-(room - 1) :]
        return [Text(""), *(self._happened(row) for row in rows)]

    def _happened(self, row: Row) -> Text:
        mark = sign(row.outcome) if row.outcome is not None else Text(" ")
        at = f"{row.at:.0f} s" if row.at < 60 else _minutes(row.at)
        who = f"{row.role}: " if row.role else ""
        return Text.assemble((f"{at:>6} ", "dim"), mark, (f" {row.kind:<9} ", "dim"), f"{who}{row.text}")

    # ---- the foot

    def foot(self, typed: str | None) -> Text:
        if typed is None:
            return Text("the end" if self.board.finished else _KEYS, "reverse")
        room = max(self.width - 46, 8)
        shown = typed if len(typed) <= room else f"…{typed[-room:]}"
        return Text.assemble(
            ("note> ", "bold"), shown, ("▏", "blink"), ("  Enter keep  Esc drop  Ctrl-C abort", "dim")
        )


def _came(expected: Expected) -> str:
    if expected.seconds is not None:
        word = {"active": "fired", "quiet": "stopped"}.get(expected.state, "steady")
        return f"{word} after {_short(expected.seconds)}"
    if expected.outcome is Outcome.FAILED:
        return {"active": "did not fire", "quiet": "did not stop"}.get(expected.state, "not steady")
    return expected.outcome.label if expected.outcome is not None else ""


def _short(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


def _minutes(seconds: float) -> str:
    return f"{int(seconds // 60)}:{int(seconds % 60):02}"
