"""The live view: journal events in, one at a time; the state of every objective and suite out."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from seatrial.core.journal import Journal
from seatrial.core.outcome import Outcome
from seatrial.reporting import facts, figures, story
from seatrial.reporting.build import build_report, objective_of, running_objective
from seatrial.reporting.model import ObjectiveView
from seatrial.reporting.terminal import STYLES, bar, end_screen, say, sign, spoken, verdict_line
from seatrial.reporting.text import clean_tree, one_line

Event = dict[str, Any]
_REFRESH = 8  # times a second
_WIDE, _MEDIUM = 110, 70  # columns from which on there is room for all numbers, and for a bar


class LiveView:
    """Shows a run while it happens, and its verdict at the end.

    On a terminal it redraws itself; elsewhere it writes one line a decision. Use it as a context manager and
    `feed` it the journal's events in order.

    Args:
        console: where to draw; the standard output by default.
        clock: a monotonic clock, for the time that runs between two events.
    """

    def __init__(
        self, console: Console | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.console = console or Console(highlight=False)
        self._clock = clock
        self._lock = RLock()
        self._events: list[Event] = []
        self._objectives: dict[str, ObjectiveView] = {}
        self._suites: dict[str, dict[str, Outcome | None]] = {}
        self._header = ""
        self._requests = 0
        self._last = (0.0, clock())
        self._live: Live | None = None

    def __enter__(self) -> LiveView:
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            self._live = Live(
                console=self.console,
                get_renderable=self._drawn,
                refresh_per_second=_REFRESH,
                transient=True,
                vertical_overflow="ellipsis",
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop drawing, and tell what the run came to."""
        live, self._live = self._live, None
        if live is not None:
            live.stop()
        events, self._events = self._events, []
        if any(event["event"] == "run" for event in events):
            end_screen(build_report(Journal(Path("journal.ndjson"), tuple(events), torn=False)), self.console)

    def feed(self, event: Event) -> None:
        """Take in one event of the journal."""
        with self._lock:
            self._last = (float(event.get("t") or 0.0), self._clock())
            name = event.get("event")
            if name in ("exchanges", "warmup"):
                self._requests += len(event.get("intended") or ())
                return
            event = clean_tree(event)
            if name != "progress":
                self._events.append(event)
            handle = getattr(self, f"_on_{name}", None)
            if handle is not None:
                handle(event)

    # ---- events

    def _on_run(self, event: Event) -> None:
        policy = event.get("policy") or {}
        digest = str(policy.get("digest") or "")
        said = [policy.get("name"), f"policy {digest[:19]}…" if digest else None, f"seed {event.get('seed')}"]
        self._header = " · ".join(one_line(str(part), 60) for part in said if part)
        for name, told in facts.declared_objectives(self._events).items():
            self._objectives[name] = running_objective(name, told, None)
        self._tell(Text(f"sea trial of {self._header}", "bold"))

    def _on_fingerprint(self, event: Event) -> None:
        if event.get("when") == "before":
            uri = one_line(str(event.get("uri") or ""), 80)
            self._header = f"{self._header} · {uri}"
            self._tell(f"target {one_line(str(event.get('target')), 40)} at {uri}")

    def _on_collected(self, event: Event) -> None:
        for item in event.get("items") or ():
            self._suites.setdefault(str(item.get("suite") or "other"), {})[str(item.get("id"))] = None

    def _on_progress(self, event: Event) -> None:
        name = str(event.get("objective"))
        told = facts.declared_objectives(self._events).get(name, {})
        self._objectives[name] = running_objective(name, told, event)

    def _on_verdict(self, event: Event) -> None:
        view = objective_of(event, ())
        self._objectives[view.name] = view
        self._tell(verdict_line(view))

    def _on_item(self, event: Event) -> None:
        outcome = Outcome(event["outcome"])
        suite = str(event.get("suite") or "other")
        self._suites.setdefault(suite, {})[str(event["id"])] = outcome
        if event.get("objective") in self._objectives:
            return
        reason = one_line(str(event.get("reason") or ""), 200)
        title = one_line(str(event.get("title") or event["id"]), 120)
        said = "" if outcome is Outcome.PASSED else f" {outcome.label}" + (f": {reason}" if reason else "")
        self._tell(sign(outcome), f" {suite}: {title}{said}")

    def _on_error(self, event: Event) -> None:
        self._tell(sign(Outcome.ERROR), f" {one_line(str(event.get('what')))}")

    def _tell(self, *parts: Text | str) -> None:
        """One line, where nothing redraws itself."""
        if self._live is None:
            say(self.console, *parts)

    # ---- drawing

    @property
    def elapsed(self) -> float:
        """Seconds since the run began, also between two events."""
        at, seen = self._last
        return at + max(self._clock() - seen, 0.0)

    def _drawn(self) -> Group:
        with self._lock:
            requests = figures.plural(self._requests, "request")
            foot = Text(f"{figures.seconds(round(self.elapsed, 1))} · {requests}", "dim")
            head = Text(f"sea trial of {self._header}", "bold", no_wrap=True, overflow="ellipsis")
            top, bottom = spoken(self.console, head), spoken(self.console, foot)
            return Group(top, self._objective_rows(), self._suite_rows(), bottom)

    def _objective_rows(self) -> Table:
        width = self.console.width
        bars = 28 if width >= _WIDE else 16 if width >= _MEDIUM else 0
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, min_width=1)
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=max(width // 3, 12))
        for least in [0] * (width >= _WIDE) + [bars] * (bars > 0) + [0] * (width >= _WIDE) + [0]:
            table.add_column(no_wrap=True, overflow="ellipsis", min_width=least or None)
        for view in self._objectives.values():
            cells = [_state(view), Text(view.name, "bold")]
            cells += [Text(view.statement)] if width >= _WIDE else []
            cells += [bar(view, bars)] if bars else []
            cells += [Text(story.interval(view))] if width >= _WIDE else []
            cells.append(Text(_still(view), "dim"))
            table.add_row(*(spoken(self.console, cell) for cell in cells))
        return table

    def _suite_rows(self) -> Table:
        table = Table.grid(padding=(0, 2, 0, 0))
        for name, items in self._suites.items():
            done = Text()
            for outcome in (Outcome.PASSED, *STYLES):
                number = sum(item is outcome for item in items.values())
                if number and (outcome is not Outcome.PASSED or not done):
                    done.append(f"{outcome.symbol} {number}  ", STYLES[outcome])
            ran = sum(item is not None for item in items.values())
            cells = (Text(name), Text(f"{ran} of {len(items)}", "dim"), done)
            table.add_row(*(spoken(self.console, cell) for cell in cells))
        return table


def _state(view: ObjectiveView) -> Text:
    if view.verdict is not None and not view.verdict.method:  # on its way: no method has decided yet
        return Text("◌", "cyan")
    return Text("◌", "dim") if view.verdict is None else sign(view.outcome)


def _still(view: ObjectiveView) -> str:
    """Requests seen, and how many more may be needed."""
    verdict = view.verdict
    if verdict is None:
        return "waiting"
    seen = figures.count(verdict.n)
    if not verdict.method:
        return f"{seen} seen, {figures.count(verdict.needed)} to go" if verdict.needed else f"{seen} seen"
    return f"{view.outcome.label} after {seen}"
