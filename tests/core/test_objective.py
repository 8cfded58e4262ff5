from __future__ import annotations

import math

import numpy as np
import pytest

from seatrial.core.errors import UsageError
from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.log import Log
from seatrial.core.objective import Objective


def log_of(*exchanges: tuple[float, ErrorKind | None]) -> Log:
    log = Log()
    for index, (seconds, error) in enumerate(exchanges):
        status = 200 if error in (None, ErrorKind.TRUNCATED) else 0
        log.append(
            Exchange(
                index,
                0.0,
                0.0,
                seconds,
                first_chunk=seconds / 2 if status else math.nan,
                status=status,
                error=error,
            )
        )
    return log


def bad_of(objective: Objective, log: Log) -> tuple[list[bool], list[bool]]:
    bad, _, counts = objective.bad(log, 0, len(log))
    return bad.tolist(), counts.tolist()


LOG = log_of((0.5, None), (3.0, None), (0.01, ErrorKind.RESET), (0.2, ErrorKind.TRUNCATED))


def test_a_failed_request_counts_as_too_slow_however_quickly_it_failed() -> None:
    in_time = Objective(indicator="operation.duration", op="lte", value="2s", target="95%")
    assert bad_of(in_time, LOG) == ([False, True, True, True], [True] * 4)


def test_failed_requests_can_be_left_to_availability() -> None:
    in_time = Objective(indicator="operation.duration", op="lte", value="2s", target="95%", missing="ignored")
    assert bad_of(in_time, LOG) == ([False, True, True, True], [True, True, False, False])


def test_availability_counts_every_request() -> None:
    assert bad_of(Objective(indicator="availability", target="99%"), LOG) == (
        [False, False, True, True],
        [True] * 4,
    )


def test_complete_answers_counts_what_the_target_began_to_answer() -> None:
    assert bad_of(Objective(indicator="complete_answers", target="99%"), LOG) == (
        [False, False, True, True],
        [True, True, False, True],
    )


def test_the_first_chunk_of_an_answer_that_was_cut_later_still_came_in_time() -> None:
    ttfc = Objective(indicator="time_to_first_chunk", op="lt", value="500ms", target="95%")
    assert bad_of(ttfc, LOG)[0] == [False, True, True, False]


def test_objectives_speak_for_themselves() -> None:
    p95 = Objective(
        indicator="gen_ai.client.operation.duration", op="lte", value="1s", target="95%", name="latency-p95"
    )
    assert (p95.limit, p95.threshold, p95.statement) == (0.05, 1.0, "≤ 5 % beyond 1 s")
    availability = Objective(indicator="availability", target=0.99)
    assert (availability.name, availability.limit, availability.statement) == ("availability", 0.01, "≥ 99 %")
    assert p95.to_dict()["bad"] == "beyond 1 s"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"indicator": "operation.duratoin"}, "did you mean 'operation.duration'"),
        ({"value": "5%"}, "5%"),
        ({"value": None, "op": None}, "needs an op and a value"),
        ({"op": "below"}, "unknown op 'below'"),
        ({"target": "0%"}, "target '0%'"),
        ({"target": "120%"}, "120%"),
        ({"indicator": "availability"}, "takes no op and value"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, object], message: str) -> None:
    fields: dict[str, object] = {
        "indicator": "operation.duration",
        "op": "lte",
        "value": "1s",
        "target": "95%",
    }
    with pytest.raises(UsageError, match=message):
        Objective(**(fields | changes))  # type: ignore[arg-type]


def test_a_million_exchanges_are_looked_at_in_columns() -> None:
    log = Log()
    log._duration.frombytes(np.full(1_000_000, 0.5, np.float32).tobytes())
    log._error.frombytes(bytes(1_000_000))
    bad, _, _ = Objective(indicator="operation.duration", op="lte", value="1s", target="95%").bad(
        log, 0, 1_000_000
    )
    assert bad.sum() == 0
