"""The live view of one traffic: offered and served rate, in flight, times, tokens, errors by kind."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

import numpy as np
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from seatrial.core.journal import Event
from seatrial.reporting import figures
from seatrial.reporting.build import objective_of
from seatrial.reporting.terminal import say, sign, spoken, verdict_line
from seatrial.reporting.text import clean_tree, one_line

WINDOW = 5.0  # seconds that the rates and times shown are of
_REFRESH = 4  # times a second
_SAID = 5.0  # seconds between two lines, where nothing redraws itself

Columns = dict[str, list[Any]]


class Window:
    """The exchanges of the last seconds, as a journal tells them."""

    def __init__(self, seconds: float = WINDOW) -> None:
        self._seconds = seconds
        self._batches: deque[tuple[float, Columns]] = deque()
        self._began: float | None = None
        self.total = 0
        self.errors: Counter[str] = Counter()

    def put(self, at: float, columns: Columns) -> None:
        """Exchanges that were told at *at*."""
        if self._began is None:
            self._began = at
        self._batches.append((at, columns))
        self.total += len(columns["intended"])
        self.errors.update(str(error) for error in columns["error"] if error)
        while self._batches and self._batches[0][0] < at - self._seconds:
            self._batches.popleft()

    def _column(self, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
        values = [value for _, batch in self._batches for value in batch[name]]
        return np.asarray([math.nan if value is None else value for value in values], np.float64)

    def rows(self, limit: float | None = None) -> list[tuple[str, str]]:
        """What is shown: names and figures.

        Args:
            limit: seconds within which an answer counts as good, None for any.
        """
        if not self._batches:
            return []
        intended, duration = self._column("intended"), self._column("duration")
        good = np.array([not error for _, batch in self._batches for error in batch["error"]], bool)
        offered, served = _rate(intended), _rate(intended + duration)
        within = good if limit is None else good & (duration <= limit)
        rows = [
            ("offered", f"{offered:,.0f}/s"),
            ("served", f"{served:,.0f}/s"),
            ("goodput", f"{served * float(within.mean()):,.0f}/s"),
            ("latency", _times(duration[good])),
            ("first chunk", _times(self._column("ttfc"))),
            ("tokens", f"{self._tokens() * served / max(len(intended), 1):,.0f}/s"),
        ]
        return [*rows, ("errors", self._said_errors())]

    def _tokens(self) -> int:
        told: Iterable[Any] = (tokens for _, batch in self._batches for tokens in batch["tokens"])
        return sum(tokens[1] for tokens in told if tokens)

    def _said_errors(self) -> str:
        kinds = [
            f"{one_line(kind, 30)} {figures.count(number)}" for kind, number in self.errors.most_common(4)
        ]
        return ", ".join(kinds) or "none"


def _span(times: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    return float(np.ptp(times)) if len(times) > 1 else 0.0


def _rate(times: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    span = _span(times)
    return (len(times) - 1) / span if span > 0 else 0.0


def _times(values: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    reached = values[~np.isnan(values)]
    if not len(reached):
        return "—"
    p50, p95, p99 = (figures.seconds(float(value)) for value in np.quantile(reached, (0.5, 0.95, 0.99)))
    return f"p50 {p50}, p95 {p95}, p99 {p99}"


class LoadView:
    """Shows a traffic while it is sent. Use it as a context manager and `feed` it the journal's events.

    Args:
        console: where to draw; the standard output by default.
        counts: requests sent and come back, asked whenever it is drawn.
        limit: seconds within which an answer counts as good, None for any.
        clock: a monotonic clock.
    """

    def __init__(
        self,
        console: Console | None = None,
        *,
        counts: Callable[[], tuple[int, int]] = lambda: (0, 0),
        limit: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.console = console or Console(highlight=False)
        self.counts = counts
        self._limit = limit
        self._clock = clock
        self._window = Window()
        self._name = ""
        self._verdicts: list[Text] = []
        self._said_at = -math.inf
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self.console.is_terminal and not self.console.is_dumb_terminal:
            self._live = Live(
                console=self.console,
                get_renderable=self._drawn,
                refresh_per_second=_REFRESH,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def feed(self, event: Event) -> None:
        """Take in one event of the journal."""
        handle = getattr(self, f"_on_{event.get('event')}", None)
        if handle is not None:
            handle(event)

    def _on_traffic(self, event: Event) -> None:
        self._name = one_line(str(event.get("name")), 60)

    def _on_exchanges(self, event: Event) -> None:
        self._window.put(float(event.get("t") or 0.0), event)
        if self._live is None and self._clock() - self._said_at >= _SAID:
            self._said_at = self._clock()
            said = "; ".join(f"{name} {figure}" for name, figure in self._rows())
            say(self.console, f"{figures.seconds(round(float(event.get('t') or 0.0), 1))}: {said}")

    def _on_verdict(self, event: Event) -> None:
        line = verdict_line(objective_of(clean_tree(event), ()))
        self._verdicts.append(line)
        if self._live is None:
            say(self.console, line)

    def _on_lost(self, event: Event) -> None:
        from seatrial.core.outcome import Outcome

        line = Text.assemble(sign(Outcome.INCONCLUSIVE), " ", one_line(str(event.get("what")), 200))
        self._verdicts.append(line)
        if self._live is None:
            say(self.console, line)

    def _rows(self) -> list[tuple[str, str]]:
        sent, back = self.counts()
        flying = ("in flight", figures.count(max(sent - back, 0)))
        rows = self._window.rows(self._limit)
        return [*rows[:3], flying, *rows[3:]]

    def _drawn(self) -> Group:
        head = Text(f"traffic {self._name} · {figures.plural(self._window.total, 'request')}", "bold")
        table = Table.grid(padding=(0, 2, 0, 0))
        for name, figure in self._rows():
            table.add_row(spoken(self.console, Text(name, "dim")), spoken(self.console, Text(figure)))
        return Group(
            spoken(self.console, head), table, *(spoken(self.console, line) for line in self._verdicts)
        )
