"""A window holds counts and quantiles however many exchanges it saw, and survives a file."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.load.soak.windows import Window


def exchange(seconds: float, error: ErrorKind | None = None) -> Exchange:
    return Exchange(0, 0.0, 0.0, seconds, error=error)


def test_quantiles_are_within_a_per_cent() -> None:
    values = np.random.default_rng(1).lognormal(-3, 1, 5000)
    window = Window(0, 60)
    for value in values:
        window.add(exchange(float(value)))
    for share in (0.05, 0.5, 0.95, 0.99):
        assert window.quantile(share) == pytest.approx(np.quantile(values, share), rel=0.011)
    assert len(window.times) < 1200


def test_one_value_and_none() -> None:
    window = Window(0, 1)
    assert math.isnan(window.quantile(0.5))
    window.add(exchange(0.25))
    assert window.quantile(0.5) == pytest.approx(0.25, rel=0.011)
    window.add(exchange(0.0))
    assert window.quantile(0.0) <= 1e-6


def test_failures_have_no_time() -> None:
    window = Window(0, 1)
    window.add(exchange(30.0, ErrorKind.TIMEOUT_TOTAL))
    assert (window.good, window.failed, not window.times) == (0, 1, True)


def test_there_and_back() -> None:
    window = Window(1.5, 2.5, figures={"memory": 1e6}, process="7/99")
    window.add(exchange(0.1))
    window.add(exchange(0.2, ErrorKind.RESET))
    assert Window.from_dict(json.loads(json.dumps(window.to_dict()))) == window
