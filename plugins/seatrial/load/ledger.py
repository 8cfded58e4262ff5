"""What a traffic tells the journal: exchanges as columns, a few of them whole, progress, verdicts."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seatrial.core.block import Block
from seatrial.core.exchange import Exchange
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.punctuality import Punctuality
from seatrial.core.trial import Trial
from seatrial.core.verdict import Verdict

Record = Callable[..., None]


class Keep(Protocol):
    """A file that takes exchanges as columns (`seatrial.load.parquet.ParquetFile`)."""

    def add(self, log: Log, start: int, stop: int, segment: int, prompts: Sequence[int]) -> None:
        """Exchanges *start* to *stop* of *log*, sent in the stretch *segment*, counted from 0.

        Args:
            prompts: what each asked, -1 where it was none of the set.
        """

    def close(self) -> None:
        """Nothing more comes."""


_BATCH = 512  # exchanges in one event
_MANY = 4096  # in one event where they come as columns
_EVERY = 0.5  # seconds between two events at the most
_PROGRESS = 0.25  # seconds between two reports on one objective
_WHOLE = 3  # bad exchanges journalled whole, an objective
_TEXT = 2000  # characters of text kept of a whole exchange
_UNTOLD = [0, 0]  # tokens of an exchange whose answer told none


class Ledger:
    """Writes one traffic's events.

    Args:
        traffic: the traffic's name.
        record: writes one event to the journal: ``record(event, **fields)``.
        opening: fields of the ``traffic`` event.
        objectives: whose bad exchanges a person will want to read.
        prompt_text: the text of prompt number *n*, for those.
        keep: takes the exchanges as columns too, where they are kept in a file of their own.
    """

    def __init__(
        self,
        traffic: str,
        record: Record,
        *,
        opening: dict[str, Any] | None = None,
        objectives: Sequence[Objective] = (),
        prompt_text: Callable[[int], str] = lambda number: "",
        keep: Keep | None = None,
    ) -> None:
        self._traffic = traffic
        self._record = record
        self._opening = opening or {}
        self._objectives = objectives
        self._prompt_text = prompt_text
        self._keep = keep
        self._recent: list[Exchange] = []
        self._first = 0
        self._flushed_at = time.monotonic()
        self._told: dict[str, int] = {}
        self._progress_at: dict[str, float] = {}
        self._warm: list[Exchange] = []
        self._asked = array("i")
        # Whoever goes on with this run's evidence has to know what was judged.
        judged = {each.sli.name for objective in objectives for each in (objective, *objective.parts)}
        self._gaps = "time_per_output_chunk" in judged

    @classmethod
    def silent(cls, traffic: str) -> Ledger:
        """One that tells nobody: for traffic outside a run."""
        return cls(traffic, lambda event, **fields: None)

    def opened(self) -> None:
        """The traffic begins."""
        self._record("traffic", name=self._traffic, **self._opening)

    def warmed_up(self, exchange: Exchange) -> None:
        """One exchange of the warm-up, which is no evidence."""
        self._warm.append(exchange)

    def took(self, exchange: Exchange) -> None:
        """One exchange entered the log."""
        self._recent.append(exchange)

    def tick(self, log: Log, segment: int, cost: float | None = None) -> None:
        """Write what has gathered, if it is time."""
        due = time.monotonic() - self._flushed_at >= _EVERY
        if len(self._recent) >= _BATCH or (self._recent and due):
            self.flush(log, segment, cost)

    def flush(self, log: Log, segment: int, cost: float | None = None, *, continued: bool = False) -> None:
        """Write what has gathered.

        Args:
            log: holds the exchanges.
            segment: the stretch of sending they belong to, from 1.
            cost: US dollars spent up to now, None without a price list.
            continued: an earlier run sent them.
        """
        self._flushed_at = time.monotonic()
        if self._warm:
            self._record("warmup", traffic=self._traffic, **_columns(self._warm))
            self._warm = []
        if not self._recent:
            return
        batch, self._recent = self._recent, []
        stop = self._first + len(batch)
        more = {"continued": True} if continued else {}
        self._tell(log, stop, segment, cost, [exchange.prompt for exchange in batch], **more)
        for objective in self._objectives:
            self._tell_bad(objective, log, batch)
        self._first = stop

    def _tell(
        self, log: Log, stop: int, segment: int, cost: float | None, prompts: list[int], **more: Any
    ) -> None:
        """Write the exchanges up to *stop* as columns, here and into the file of their own."""
        first = self._first
        if log.tenants is not None:
            more["tenant"] = log.tenants.of(first, stop).tolist()
        if self._gaps:
            more["gap"] = log.mean_gap(first, stop).round(9).tolist()
        self._record(
            "exchanges",
            traffic=self._traffic,
            first=first,
            segment=segment - 1,
            cost_usd=cost,
            **_logged(log, first, stop),
            prompt=prompts,
            **more,
        )
        if self._keep is not None:
            self._keep.add(log, first, stop, segment - 1, prompts)

    def warmed_up_all(self, block: Block) -> None:
        """Exchanges of the warm-up, which are no evidence."""
        if len(block):
            log = Log()
            log.extend(block)
            self._record("warmup", traffic=self._traffic, **_logged(log, 0, len(log)))

    def asked(self, prompts: NDArray[np.integer]) -> None:
        """What the exchanges asked that `flush_log` writes next, -1 where it was none of the set."""
        self._asked.frombytes(prompts.astype(np.int32).tobytes())

    def flush_log(
        self, log: Log, segment: int, cost: float | None, whole: Mapping[int, dict[str, Any]]
    ) -> None:
        """Write what has come into *log* since the last time, straight from its columns.

        Args:
            log: holds the exchanges.
            segment: the stretch of sending they belong to, from 1.
            cost: US dollars spent up to now, None without a price list.
            whole: exchanges that are there with their texts, by their place in the log.
        """
        while self._first < len(log):
            first, stop = self._first, min(len(log), self._first + _MANY)
            prompts = self._asked[: stop - first].tolist()
            del self._asked[: stop - first]
            self._tell(log, stop, segment, cost, prompts)
            self._first = stop
            for objective in self._objectives:
                self._tell_bad_of(objective, log, prompts, whole)

    def _tell_bad_of(
        self, objective: Objective, log: Log, prompts: list[int], whole: Mapping[int, dict[str, Any]]
    ) -> None:
        left = _WHOLE - self._told.get(objective.name, 0)
        if left <= 0 or objective.sli.events != "requests":
            return
        first = self._first - len(prompts)
        bad, _, counts = objective.bad(log, first, self._first)
        for position in (np.flatnonzero(bad & counts)[:left] + first).tolist():
            prompt = prompts[position - first]
            shown = whole.get(position) or as_dict(_seen(log, position)._replace(prompt=prompt))
            if prompt >= 0:
                shown = {**shown, "asked": self._prompt_text(prompt)[:_TEXT]}
            self._record(
                "exchange",
                traffic=self._traffic,
                index=position,
                why=f"bad for {objective.name}",
                objective=objective.name,
                exchange={**shown, "index": position},
            )
            self._told[objective.name] = self._told.get(objective.name, 0) + 1

    def lost(self, why: str, count: int, sent: int) -> None:
        """Exchanges that were sent and whose outcome nobody knows.

        Args:
            count: how many.
            sent: of how many.
        """
        self._record("lost", traffic=self._traffic, what=why, count=count, sent=sent)

    def close(self) -> None:
        """Nothing more comes."""
        if self._keep is not None:
            self._keep.close()

    def _tell_bad(self, objective: Objective, log: Log, batch: list[Exchange]) -> None:
        left = _WHOLE - self._told.get(objective.name, 0)
        if left <= 0 or objective.sli.events != "requests":
            return
        bad, _, counts = objective.bad(log, self._first, self._first + len(batch))
        for position in np.flatnonzero(bad & counts)[:left]:
            self.whole(batch[position], f"bad for {objective.name}", objective=objective.name)
            self._told[objective.name] = self._told.get(objective.name, 0) + 1

    def whole(self, exchange: Exchange, why: str, **more: Any) -> None:
        """Write one exchange whole, for a person to read."""
        asked = self._prompt_text(exchange.prompt) if exchange.prompt >= 0 else ""
        shown = as_dict(exchange) | {"asked": asked[:_TEXT]}
        self._record("exchange", traffic=self._traffic, index=exchange.index, why=why, exchange=shown, **more)

    def progress(self, trial: Trial) -> None:
        """Tell how a verdict is coming along, a few times a second."""
        now = time.monotonic()
        name = trial.objective.name
        if not trial.decided and now - self._progress_at.get(name, 0.0) < _PROGRESS:
            return
        self._progress_at[name] = now
        evidence = trial.evidence
        lower, upper = evidence.bounds()
        log_pass, log_fail = evidence.log_e()
        self._record(
            "progress",
            objective=name,
            traffic=self._traffic,
            n=evidence.n,
            bad=evidence.bad,
            estimate=evidence.estimate(),
            lower=lower,
            upper=upper,
            limit=trial.objective.limit,
            needed=evidence.needed(),
            deff=evidence.deff,
            log_e_pass=log_pass,
            log_e_fail=log_fail,
        )

    def verdict(self, objective: Objective, verdict: Verdict, lag: Punctuality | None = None) -> None:
        """Tell a verdict, and how punctual the generator was up to it."""
        if lag is not None:
            self._record("generator", traffic=self._traffic, **asdict(lag))
        self._record("verdict", objective=objective.to_dict(), verdict=verdict.to_dict())


def as_dict(exchange: Exchange) -> dict[str, Any]:
    """*exchange* for the journal: text cut, wire view reduced to what a person needs."""
    shown: dict[str, Any] = exchange._asdict()
    raw = shown.pop("raw")
    shown.update(error=exchange.error, text=exchange.text[:_TEXT], gaps=exchange.gaps[:64])
    shown["usage"] = exchange.usage._asdict() if exchange.usage else None
    shown["tool_calls"] = [[name, arguments[:_TEXT]] for name, arguments in exchange.tool_calls[:16]]
    if raw is not None:
        shown["headers"] = [[name, value[:200]] for name, value in raw.headers[:40]]
        shown["body"] = raw.body[:_TEXT].decode("utf-8", "backslashreplace")
    return shown


def _columns(batch: list[Exchange]) -> dict[str, list[Any]]:
    return {
        "intended": [round(exchange.intended, 6) for exchange in batch],
        "lag": [round(exchange.sent - exchange.intended, 6) for exchange in batch],
        "duration": [round(exchange.duration, 6) for exchange in batch],
        "ttfc": [round(exchange.time_to_first_chunk, 6) for exchange in batch],
        "chunks": [exchange.chunks for exchange in batch],
        "status": [exchange.status for exchange in batch],
        "error": [exchange.error for exchange in batch],
        "tokens": [list(exchange.usage) if exchange.usage else None for exchange in batch],
    }


def _seen(log: Log, place: int) -> Exchange:
    """What the columns know of one exchange; its text stayed where it was made."""
    intended, lag, duration, ttfc = (
        float(column(place, place + 1)[0]) for column in (log.intended, log.lag, log.duration, log.ttfc)
    )
    return Exchange(
        place,
        intended,
        intended + lag,
        intended + duration,
        first_chunk=intended + ttfc,
        status=int(log.status(place, place + 1)[0]),
        error=log.errors(place, place + 1)[0],
    )


def _logged(log: Log, start: int, stop: int) -> dict[str, list[Any]]:
    tokens: list[Any] = np.stack(log.tokens(start, stop), axis=1).astype(np.int64).tolist()
    return {
        "intended": log.intended(start, stop).round(6).tolist(),
        "lag": log.lag(start, stop).round(6).tolist(),
        "duration": log.duration(start, stop).round(6).tolist(),
        "ttfc": log.ttfc(start, stop).round(6).tolist(),
        "chunks": log.chunks(start, stop).tolist(),
        "status": log.status(start, stop).tolist(),
        "error": log.errors(start, stop),
        "tokens": [each if each != _UNTOLD else None for each in tokens],
    }
