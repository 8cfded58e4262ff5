from __future__ import annotations

import json

import pytest

from seatrial.chaos.finding import Finding, share_of_calls
from seatrial.core.outcome import Outcome


@pytest.mark.parametrize(
    ("bad", "met", "calls", "outcome"),
    [
        (0, 59, None, Outcome.PASSED),
        (0, 58, None, Outcome.INCONCLUSIVE),
        (0, 3, 59, Outcome.PASSED),  # few met it: the time shows that few came
        (1, 3, 1000, Outcome.INCONCLUSIVE),
        (3, 3, 1000, Outcome.FAILED),
        (50, 1000, None, Outcome.INCONCLUSIVE),
        (20, 1000, None, Outcome.PASSED),
        (80, 1000, None, Outcome.FAILED),
        (0, 0, 1000, Outcome.INCONCLUSIVE),
    ],
)
def test_a_habit_is_told_from_a_clumsy_moment(
    bad: int, met: int, calls: int | None, outcome: Outcome
) -> None:
    found = share_of_calls("went wrong", bad=bad, met=met, calls=calls)
    assert found.outcome is outcome, found.reason


def test_a_finding_goes_into_the_journal() -> None:
    found = share_of_calls("went wrong", bad=3, met=3, calls=9, seconds=1.5)
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert (told["outcome"], told["n"], told["bad"], told["numbers"]["seconds"]) == ("FAILED", 3, 3, 1.5)
    assert Finding(Outcome.NOT_APPLICABLE, "why").to_dict()["bad"] is None
