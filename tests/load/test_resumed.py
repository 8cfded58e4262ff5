"""What an earlier run measured goes on: its stretches, its times, who sent what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seatrial.core.errors import UsageError
from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.journal import Journal, finite
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.tenants import Tenants, Told
from seatrial.load.ledger import Ledger
from seatrial.load.resumed import enter, parts_of

Events = list[dict[str, Any]]


def told(first: int, times: list[float], segment: int, **more: Any) -> dict[str, Any]:
    columns = {
        "intended": times,
        "lag": [0.0] * len(times),
        "duration": [0.5] * len(times),
        "ttfc": [0.2] * len(times),
        "chunks": [1] * len(times),
        "status": [200] * len(times),
        "error": [None] * len(times),
        "tokens": [[1, 2]] * len(times),
        "prompt": list(range(first, first + len(times))),
    }
    return {"event": "exchanges", "traffic": "steady", "first": first, "segment": segment, **columns, **more}


def journal(*events: dict[str, Any]) -> Journal:
    other = told(0, [7.0, 8.0, 9.0], 0) | {"traffic": "other"}
    return Journal(Path("journal.ndjson"), (*events, other), torn=False)


EARLIER = journal(
    told(0, [0.0, 1.0], 0, tenant=[0, 1]),
    told(2, [2.0], 0, tenant=[0]),
    told(3, [9.0, 11.0], 1, tenant=[1, 1]),
)


def test_every_stretch_enters_and_is_told_anew() -> None:
    events: Events = []
    ledger = Ledger("steady", lambda event, **fields: events.append({"event": event} | fields))
    log = Log()
    log.tenants = Told(["a", "b"], [1, 1], "steady")
    parts = tuple(parts_of(EARLIER, "steady"))
    assert [len(part.exchanges) for part in parts] == [3, 2]
    assert enter(parts, log, ledger) == pytest.approx(2.0 + 2.0), "the pause between them is no sending"
    assert log.intended().tolist() == [0.0, 1.0, 2.0, 9.0, 11.0]
    assert log.stretches == [(0.0, 2.0), (9.0, 11.0)]
    assert log.tenants.of(0, 5).tolist() == [0, 1, 0, 1, 1]
    assert [event["segment"] for event in events] == [0, 1]
    assert all(event["continued"] for event in events)
    assert [event["prompt"] for event in events] == [[0, 1, 2], [3, 4]]
    # What it tells can be continued once more.
    again = tuple(parts_of(Journal(Path("again"), tuple(events), torn=False), "steady"))
    assert [part.tenants for part in again] == [[0, 1, 0], [1, 1]]


def test_gaps_between_chunks_go_on_where_they_are_judged() -> None:
    steady = Objective(
        indicator="time_per_output_chunk", op="lte", value="50ms", target="50%", traffic="steady"
    )
    log, events = Log(), []
    for number, gaps in enumerate([(0.1, 0.3), (), (0.01,) * 5]):
        at = float(number)
        log.append(Exchange(number, at, at, at + 1, first_chunk=at + 0.1, gaps=gaps, status=200))
    log.append(Exchange(3, 3.0, 3.0, 3.1, error=ErrorKind.RESET))
    means = log.mean_gap()

    def told(*objectives: Objective) -> Log:
        events.clear()
        ledger = Ledger("steady", lambda event, **fields: events.append(fields), objectives=objectives)
        ledger.asked(np.zeros(4, np.int64))
        ledger.flush_log(log, 1, None, {})
        lines = [json.loads(json.dumps(finite({"event": "exchanges"} | events[0])))]
        again = Log()
        enter(tuple(parts_of(journal(*lines), "steady")), again, Ledger.silent("steady"))
        return again

    np.testing.assert_allclose(told(steady).mean_gap(), means)
    goodput = Objective(indicator="goodput", target="50%", traffic="steady", parts=(steady,))
    np.testing.assert_allclose(told(goodput).mean_gap(), means)
    assert "gap" in events[0]
    told()
    assert "gap" not in events[0], "no journal grows by what nobody asked for"


def test_nothing_was_sent_then() -> None:
    log = Log()
    assert enter(tuple(parts_of(journal(), "steady")), log, Ledger.silent("steady")) == 0.0
    assert len(log) == 0
    assert log.stretches == []


def test_tenants_that_nobody_told() -> None:
    log, parts = Log(), tuple(parts_of(journal(told(0, [0.0, 1.0], 0)), "steady"))
    log.tenants = Tenants(["a", "b"], [1, 1], "steady")
    assert enter(parts, log, Ledger.silent("steady")) == 1.0, "one process deals them as it did then"
    log = Log()
    log.tenants = Told(["a", "b"], [1, 1], "steady")
    with pytest.raises(UsageError, match="does not tell which tenant"):
        enter(parts, log, Ledger.silent("steady"))
