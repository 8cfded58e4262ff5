from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest

from tests.faults.ai.observed import Seen, observe


def date(seen: Seen) -> float:
    assert seen.exchange.raw is not None
    return parsedate_to_datetime(seen.exchange.raw.header("date") or "").timestamp()


@pytest.mark.parametrize(
    ("attributes", "told"), [({"ahead": "10min"}, "00:10:00"), ({"behind": "1h"}, "23:00:00")]
)
def test_the_upstreams_own_date_is_shifted(attributes: dict[str, str], told: str) -> None:
    seen = observe(("clock.skew", attributes), stream=False)
    assert seen.exchange.raw is not None
    assert told in (seen.exchange.raw.header("date") or "")
    assert (seen.exchange.ok, seen.hits) == (True, 1)


def test_a_date_is_added_where_there_is_none() -> None:
    assert 3500 < date(observe(("clock.skew", {"ahead": "1h"}))) - time.time() < 3700


def test_no_skew_is_no_hit() -> None:
    assert observe(("clock.skew", {})).hits == 0
