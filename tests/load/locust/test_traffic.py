"""What comes from Locust's master as a traffic: in order, counted, continued, and what is missing is told."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seatrial.core.block import Collector
from seatrial.core.errors import HarnessError
from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from seatrial.core.tenants import Tenants
from seatrial.load.asked import Asked
from seatrial.load.budget import Budget
from seatrial.load.frames import Frames
from seatrial.load.ledger import Ledger
from seatrial.load.locust.bridge import BEGUN, OVER, PART, part_frame
from seatrial.load.locust.traffic import LocustTraffic
from seatrial.load.resumed import Part

Events = list[dict[str, Any]]
Message = tuple[bytes, bytes]

QUICK = Risk(bursts_up_to=None, min_duration=0.0, segments=1)
AVAILABLE = Objective(indicator="availability", target="90%", traffic="open")
CODES = Asked(5)
NOW = 1_700_000_000.0


class Process:
    """A process that ends when a test says so."""

    def __init__(self) -> None:
        self.code: int | None = None

    def poll(self) -> int | None:
        return self.code

    def wait(self) -> int:
        return self.code or 0


class Crew:
    """A master that says what a test wrote down; asked to end, what it would say last."""

    def __init__(self, said: list[Message], last: list[Message]) -> None:
        self._said, self._last = iter(said), last
        self.master, self.workers = Process(), [Process(), Process()]
        self.open, self.ended, self.closed = True, False, False
        self.happens: Callable[[], None] = lambda: None

    def read(self, seconds: float) -> Iterator[Message]:
        message = next(self._said, None)
        if message is not None:
            yield message
        elif self.ended:
            yield from self._last
            self._last = []
        else:
            self.happens()

    def end(self) -> None:
        self.ended = True

    def close(self) -> None:
        self.closed = True

    def last_words(self) -> str:
        return "its last words"


def message(data: bytes) -> Message:
    return next(Frames().feed(data))


def begun(at: float = NOW) -> Message:
    return BEGUN, struct.pack("<d", at)


def over(*silent: str) -> Message:
    return OVER, json.dumps({"told": [], "silent": list(silent)}).encode()


def part(worker: str, number: int, rows: list[tuple[float, int]], until: float, **more: Any) -> Message:
    """Rows of (seconds since the beginning, what was asked)."""
    collector = Collector()
    for at, asked in rows:
        error = ErrorKind.CONNECT if more.get("fails") else None
        exchange = Exchange(0, NOW + at, NOW + at, NOW + at + 0.1, first_chunk=NOW + at + 0.05, error=error)
        collector.add(exchange, number=asked)
    facts = {"worker": worker, "part": number, "asked": more.get("asked", len(rows)), "until": NOW + until}
    facts |= {"last": more.get("last", False), "trouble": more.get("trouble"), "woke": []}
    facts |= {"whole": more.get("whole", []), "gone": more.get("gone")}
    return message(part_frame(facts, collector.take()))


def traffic(
    said: list[Message], last: list[Message], events: Events, **more: Any
) -> tuple[LocustTraffic, Crew]:
    crew: Any = Crew(said, last)
    tenants = more.pop("tenants", None)
    timeouts = SimpleNamespace(total=0.0)
    order: Any = SimpleNamespace(
        workers=2, codes=CODES, tenants=lambda: tenants, config=SimpleNamespace(timeouts=timeouts)
    )

    def record(event: str, **fields: Any) -> None:
        events.append({"event": event} | fields)

    ledger = Ledger(
        "open", more.pop("record", record), objectives=[AVAILABLE], prompt_text=lambda number: f"p {number}"
    )
    made = LocustTraffic(
        "open",
        lambda: crew,
        order,
        budget=more.pop("budget", Budget(requests=4)),
        risk=more.pop("risk", QUICK),
        ledger=ledger,
    )
    return made, crew


def column(events: Events, name: str) -> list[Any]:
    return [value for event in events if event["event"] == "exchanges" for value in event[name]]


def four(**more: Any) -> list[Message]:
    """Four rows of two workers, one row of a warm-up before them."""
    return [
        begun(),
        part("a", 1, [(-0.5, 4), (0.0, 1), (0.2, CODES.code(2, 1))], 9.0, **more),
        part("b", 1, [(0.1, CODES.code(-1, 1)), (0.3, 0)], 9.0, **more),
    ]


LAST = [part("a", 2, [], 10.0, asked=3, last=True), part("b", 2, [], 10.0, asked=2, last=True), over()]


def test_rows_of_two_workers_are_one_traffic() -> None:
    events: Events = []
    made, crew = traffic(four(), LAST, events, tenants=Tenants(["blue", "red"], [1, 1], "open"))
    made.extend(lambda: False)
    assert made.log.intended().tolist() == pytest.approx([0.0, 0.1, 0.2, 0.3], abs=2e-6)
    assert column(events, "prompt") == [1, -1, 2, 0]
    assert column(events, "tenant") == [0, 1, 1, 0]
    assert sum(len(event["intended"]) for event in events if event["event"] == "warmup") == 1
    assert made.counts == (4, 4)
    assert made.stopped == "the budget of 4 requests is spent"
    assert not made.punctuality().lost
    assert made.lost == 0
    made.close()
    assert crew.closed


def test_a_retry_goes_on_with_the_evidence_of_the_run_before() -> None:
    events: Events = []
    tenants = Tenants(["blue", "red"], [1, 1], "open")
    made, _ = traffic(four(), LAST, events, tenants=tenants)
    earlier = [Exchange(at, 0.5 * at, 0.5 * at, 0.5 * at + 0.1, prompt=3) for at in range(6)]
    made.resume((Part(earlier[:2], [0, 1]), Part(earlier[2:], [1, 1, 0, 0])))
    assert made.segments == 3
    assert made.stopped is None, "what was spent then is not charged now"
    made.extend(lambda: False)
    assert len(made.log) == 10
    assert (np.diff(made.log.intended()) > 0).all(), "its times come after those of the run before"
    assert column(events, "prompt") == [3] * 6 + [1, -1, 2, 0]
    assert column(events, "tenant") == [0, 1, 1, 1, 0, 0, 0, 1, 1, 0]
    assert [event["segment"] for event in events if event["event"] == "exchanges"] == [0, 1, 2]
    assert made.span >= 2.0
    assert len(made.log.stretches) == 3


def test_bad_exchanges_are_told_whole_where_they_belong() -> None:
    events: Events = []
    whole = [{"index": 0, "intended": NOW + 0.2, "error": "connect", "detail": "refused"}]
    made, _ = traffic(four(fails=True, whole=whole), LAST, events)
    made.extend(lambda: False)
    shown = [event for event in events if event["event"] == "exchange"]
    assert [event["index"] for event in shown] == [0, 1, 2]
    assert shown[2]["exchange"]["detail"] == "refused"
    assert [event["exchange"].get("asked") for event in shown] == ["p 1", None, "p 2"]
    assert AVAILABLE.judge(made).outcome is not Outcome.PASSED


def test_a_worker_that_dies_takes_along_what_it_had_not_told() -> None:
    events: Events = []
    # The other one still has a row to tell: it is not lost.
    last = [part("b", 2, [(0.4, 0)], 10.0, asked=3, last=True), over("a")]
    made, crew = traffic(four(asked=5), last, events, budget=Budget(requests=100))
    crew.happens = lambda: setattr(crew.workers[0], "code", -9)
    made.extend(lambda: False)
    lost = [event for event in events if event["event"] == "lost"]
    assert len(lost) == 1
    assert (lost[0]["count"], lost[0]["sent"]) == (made.lost, 8) == (2, 8)
    assert "Locust worker 1 was killed by signal 9: at least 2 exchanges are lost" in lost[0]["what"]
    verdict = AVAILABLE.judge(made)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == lost[0]["what"]
    assert len(made.log) == 5 == len(column(events, "intended"))


def test_a_worker_that_falls_silent_on_another_machine_is_missed_at_the_end() -> None:
    events: Events = []
    # Nobody asked the master to end, and no process of ours has died.
    made, _ = traffic([*four(asked=4), over("b")], [], events, budget=Budget(requests=100))
    made.extend(lambda: False)
    assert made.stopped
    assert "worker b did not tell its last: at least 2 exchanges are lost" in made.punctuality().lost
    assert [event["count"] for event in events if event["event"] == "lost"] == [made.lost]
    before = made.span
    time.sleep(0.01)
    assert made.span == before, "nothing is sent any more"


def test_a_measuring_engine_that_dies_inside_a_worker_is_told() -> None:
    events: Events = []
    died = {"asked": 5, "gone": "was killed by signal 9"}
    last = [part("a", 3, [], 10.0, last=True, **died), *LAST[1:]]
    made, _ = traffic([*four(), part("a", 2, [], 9.0, **died)], last, events, budget=Budget(requests=100))
    made.extend(lambda: False)
    why = (
        "worker a has lost its measuring engine, which was killed by signal 9: at least 2 exchanges are lost"
    )
    assert made.punctuality().lost == why
    assert [event["count"] for event in events if event["event"] == "lost"] == [2]


def test_a_master_that_dies_is_told() -> None:
    events: Events = []
    made, crew = traffic(four(asked=4), [], events, budget=Budget(requests=100))

    def dies() -> None:
        crew.master.code, crew.open = -9, False

    crew.happens = dies
    made.extend(lambda: False)
    assert AVAILABLE.judge(made).outcome is Outcome.INCONCLUSIVE
    assert "the Locust master was killed by signal 9 before it had told the last" in (made.stopped or "")
    assert made.lost == 3
    made.close()


def test_a_full_disk_ends_it_and_locust_with_it() -> None:
    def full(event: str, **fields: Any) -> None:
        if event == "exchanges":
            raise HarnessError("the journal cannot be written (No space left on device)")

    made, crew = traffic(four(), LAST, [], record=full)
    with pytest.raises(HarnessError, match="No space left"):
        made.extend(lambda: False)
    with pytest.raises(HarnessError, match="No space left"):
        made.close()
    assert crew.closed


def test_trouble_of_a_worker_is_the_harness_s() -> None:
    made, crew = traffic(four(trouble="no file descriptor is left"), LAST, [])
    with pytest.raises(HarnessError, match="no file descriptor is left"):
        made.extend(lambda: False)
    with pytest.raises(HarnessError):
        made.close()
    assert crew.closed


def test_part_frames_are_what_a_master_writes() -> None:
    kind, _ = part("a", 1, [(0.0, 1)], 1.0)
    assert kind == PART
