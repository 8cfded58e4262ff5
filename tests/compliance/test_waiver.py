from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from seatrial.compliance.waiver import active, by_control, to_dict
from seatrial.core.control import Control
from seatrial.core.errors import UsageError
from seatrial.policy.governance import WaiverSpec

WAIVER = WaiverSpec(
    control_id="c-1",
    justification="the scanner arrives in May",
    expiration_date=date(2026, 12, 1),
    approver="A. B.",
)


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), True),
        (datetime(2026, 12, 1, 0, 0, tzinfo=UTC), True),
        (datetime(2026, 12, 1, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 2, 0, 0, tzinfo=UTC), False),
        (datetime(2026, 12, 2, 1, 0, tzinfo=timezone(timedelta(hours=2))), True),
        (datetime(2026, 12, 1, 23, 0, tzinfo=timezone(timedelta(hours=-5))), False),
    ],
)
def test_its_date_is_its_last_day(now: datetime, holds: bool) -> None:
    assert active(WAIVER, now) is holds


def test_it_is_found_by_its_control() -> None:
    assert by_control([WAIVER], [Control("c-1", "C"), Control("c-2", "D")]) == {"c-1": WAIVER}


def test_a_waiver_for_nothing_is_a_mistake() -> None:
    with pytest.raises(UsageError, match="did you mean 'rdy-pre-11'"):
        by_control([WAIVER.model_copy(update={"control_id": "rdy-pre-1"})], [Control("rdy-pre-11", "C")])


def test_two_waivers_for_one_control_are_a_mistake() -> None:
    with pytest.raises(UsageError, match="waived twice"):
        by_control([WAIVER, WAIVER], [Control("c-1", "C")])


def test_it_is_told_whole() -> None:
    assert to_dict(WAIVER) == {
        "control_id": "c-1",
        "justification": "the scanner arrives in May",
        "expiration_date": "2026-12-01",
        "approver": "A. B.",
        "run": True,
    }
