from __future__ import annotations

import math

import numpy as np
import pytest

from seatrial.core.errors import UsageError
from seatrial.core.evidence.base import Decision
from seatrial.core.evidence.gap import PairedGap


def drawn(shares: list[float], blocks: int, seed: int = 1) -> np.ndarray:
    return (np.random.default_rng(seed).random((blocks, len(shares))) < shares).astype(float)


def test_groups_served_alike_pass_and_a_starved_one_fails() -> None:
    even = PairedGap(0.1, 3)
    assert even.update(drawn([0.02, 0.02, 0.02], 2000)) is Decision.PASS
    assert even.bounds()[1] <= 0.1 + 1e-3
    starved = PairedGap(0.1, 3)
    assert starved.update(drawn([0.02, 0.02, 0.4], 2000)) is Decision.FAIL
    assert starved.bounds()[0] > 0.1 - 1e-3
    assert int(np.argmax(starved.means)) == 2


def test_what_hits_all_groups_cancels() -> None:
    random = np.random.default_rng(2)
    outage = np.repeat(random.random(100) < 0.3, 40)[:, None] & np.ones(3, bool)
    gap = PairedGap(0.1, 3)
    assert gap.update(outage.astype(float)) is Decision.PASS
    assert gap.estimate() == 0.0


def test_a_gap_at_the_limit_passes_seldom() -> None:
    passes = [
        PairedGap(0.1, 2).update(drawn([0.05, 0.15], 1500, seed)) is Decision.PASS for seed in range(200)
    ]
    assert sum(passes) <= 18, "5 % of 200, and three standard deviations"


def test_groups_alike_fail_seldom() -> None:
    failures = [
        PairedGap(0.1, 3).update(drawn([0.05, 0.05, 0.14], 800, seed)) is Decision.FAIL for seed in range(150)
    ]
    assert sum(failures) <= 26, "10 % of 150, and three standard deviations"


def test_it_may_be_looked_at_before_anything_came() -> None:
    gap = PairedGap(0.1, 2)
    assert math.isnan(gap.estimate())
    assert gap.update(np.empty((0, 2))) is None
    assert gap.update(drawn([0.0, 0.0], 10)) is None
    assert gap.needed() is not None
    assert gap.update(drawn([0.0, 0.0], 500), may_pass=False) is None, "passing is withheld"
    assert gap.update(np.empty((0, 2))) is Decision.PASS
    assert gap.update(drawn([1.0, 0.0], 500)) is Decision.PASS, "a decision stays"
    assert gap.n == 510
    assert gap.trail[-1][1] > 3.0


def test_one_group_has_no_gap() -> None:
    with pytest.raises(UsageError, match="two groups"):
        PairedGap(0.1, 1)
