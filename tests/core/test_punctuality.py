from __future__ import annotations

import pytest

from seatrial.core.punctuality import Punctuality


@pytest.mark.parametrize(
    ("p99", "limit", "behind"),
    [(0.049, 1.0, False), (0.051, 1.0, True), (0.0009, 0.001, False), (0.002, 0.001, True)],
)
def test_a_twentieth_of_the_limit_is_too_late(p99: float, limit: float, behind: bool) -> None:
    told = Punctuality(p99=p99, loop_p99=9).behind(limit)
    assert bool(told) is behind
    assert told is None or "fell behind" in told


def test_what_may_have_been_added_is_the_worse_of_both() -> None:
    assert Punctuality(0.1, 0.2, 0.3).worst == 0.3
    assert Punctuality(0.1, 0.2, 0.1).worst == 0.2
