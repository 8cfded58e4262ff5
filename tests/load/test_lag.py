from __future__ import annotations

import numpy as np
import pytest

from seatrial.core.punctuality import Punctuality
from seatrial.load.lag import Buckets, Lag


def test_a_summary_of_lateness() -> None:
    lag = Lag()
    assert lag.summary() == Punctuality(0.0, 0.0, 0.0)
    for number in range(100):
        lag.departed(number / 1000)
    lag.woke(0.002)
    found = lag.summary()
    assert found.p50 == pytest.approx(0.0495, rel=0.02)
    assert found.p99 == pytest.approx(0.098, rel=0.02)
    assert found.loop_p99 == pytest.approx(0.002, rel=0.01)


@pytest.mark.parametrize("scale", [1e-5, 1e-3, 1.0, 100.0])
def test_a_quantile_is_never_too_low_and_at_most_a_hundredth_too_high(scale: float) -> None:
    drawn = np.random.default_rng(1).exponential(scale, 10_000).astype(np.float32)
    one, many = Buckets(), Buckets()
    many.add_all(drawn)
    for seconds in drawn.tolist():
        one.add(seconds)
    for share in (0.5, 0.99):
        true = float(np.quantile(drawn, share, method="inverted_cdf"))
        assert true * 0.9999 <= one.quantile(share) <= true * 1.0101
        assert many.quantile(share) == pytest.approx(one.quantile(share), rel=0.011)


def test_nothing_and_an_hour() -> None:
    buckets = Buckets()
    assert buckets.quantile(0.99) == 0.0
    buckets.add(0.0)
    assert buckets.quantile(0.99) == 0.0
    buckets.add(3600.0)
    assert buckets.quantile(0.99) > 1000


def test_a_warm_up_is_left_out_one_by_one_and_in_many() -> None:
    lag = Lag()
    lag.skip = 3
    lag.departed(1.0)
    lag.departed_all(np.asarray([1.0, 1.0, 0.001, 0.001], np.float32))
    lag.departed(0.001)
    assert lag.summary().p99 == pytest.approx(0.001, rel=0.01)
