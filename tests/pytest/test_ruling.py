"""An item that comes to what was measured once for several: green only where something was measured."""

from __future__ import annotations

import pytest

from seatrial.core.outcome import Outcome
from seatrial.pytest.judging import ItemRecord, _of_return


@pytest.mark.parametrize("green", [Outcome.PASSED, Outcome.WARNED])
def test_a_green_ruling_without_a_request_proves_nothing(green: Outcome) -> None:
    record = ItemRecord("id", "load", "title", ruling=(green, "all is well"))
    assert _of_return(record)[0] is Outcome.INCONCLUSIVE
    record.exchanges = 1
    assert _of_return(record) == (green, "all is well")


def test_what_is_red_stays_red_and_a_control_is_judged_by_what_others_sent() -> None:
    red = ItemRecord("id", "load", "title", ruling=(Outcome.FAILED, "it broke"))
    assert _of_return(red) == (Outcome.FAILED, "it broke")
    control = ItemRecord("id", "checklists", "title", control="rdy-01", ruling=(Outcome.PASSED, "proven"))
    assert _of_return(control) == (Outcome.PASSED, "proven")
