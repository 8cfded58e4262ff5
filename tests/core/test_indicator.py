from __future__ import annotations

import math

import numpy as np
import pytest

from seatrial.core.errors import UsageError
from seatrial.core.exchange import ErrorKind, Exchange, Usage
from seatrial.core.indicator import INDICATORS, find
from seatrial.core.log import Log
from seatrial.core.objective import Objective

LATE = Objective(indicator="operation.duration", op="lte", value="1s", target="95%", name="late")
FIRST = Objective(indicator="time_to_first_chunk", op="lte", value="300ms", target="95%", name="first")


def log() -> Log:
    """A good one, one with a late end, one whose first chunk is late after a wait of 0.4 s, a failed one."""
    made = Log()
    made.prices = (1e-6, 2e-6)
    made.append(Exchange(0, 0.0, 0.0, 0.6, first_chunk=0.1, gaps=(0.2,), status=200, usage=Usage(100, 50)))
    made.append(Exchange(1, 1.0, 1.0, 2.5, first_chunk=1.1, gaps=(0.2,), status=200, usage=Usage(100, 50)))
    made.append(Exchange(2, 2.0, 2.4, 2.9, first_chunk=2.5, gaps=(0.2,), status=200))
    made.append(Exchange(3, 3.0, 3.0, 3.1, error=ErrorKind.RESET))
    return made


def values(name: str) -> np.ndarray:
    indicator = find(name)
    assert indicator is not None
    return indicator.column(log(), 0, 4)


def test_goodput_is_what_met_every_part() -> None:
    goodput = Objective(indicator="goodput", target="90%", parts=(LATE, FIRST))
    bad, good, counts = goodput.bad(log(), 0, 4)
    assert bad.tolist() == [False, True, True, True]
    assert good.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert counts.all()
    assert goodput.strictest == 0.3
    assert LATE.strictest == 1.0
    assert Objective(indicator="availability", target="9%").strictest is None


def test_queueing_is_the_wait_for_a_connection() -> None:
    np.testing.assert_allclose(values("queueing"), [0, 0, 0.4, 0], atol=1e-6)


def test_pace_counts_from_the_first_chunk() -> None:
    np.testing.assert_allclose(values("output_tokens_per_second")[:2], [100, 50 / 1.4], rtol=1e-5)
    assert math.isnan(values("output_tokens_per_second")[3])


def test_cost_needs_tokens_and_prices() -> None:
    np.testing.assert_allclose(values("cost.request"), [2e-4, 2e-4, math.nan, math.nan])
    np.testing.assert_allclose(values("cost.1k_tokens")[0], 2e-4 / 150 * 1000)
    unpriced = log()
    unpriced.prices = None
    assert np.isnan(INDICATORS["cost.request"].column(unpriced, 0, 4)).all()


def test_money_and_rates_are_written_with_their_units() -> None:
    cost = Objective(indicator="cost.1k_tokens", op="lte", value="$0.002", target="95%")
    assert cost.statement == "≤ 5 % beyond $0.0020"
    assert cost.to_dict()["unit"] == "USD"
    rate = Objective(indicator="served_rate", op="gte", value="50/s", target="90%", slice=2.0)
    assert rate.statement == "≤ 10 % below 50/s"
    assert rate.to_dict()["events"] == "slices"
    with pytest.raises(UsageError):
        Objective(indicator="served_rate", op="gte", value="50", target="90%")
