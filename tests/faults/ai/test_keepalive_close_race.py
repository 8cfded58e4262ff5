from __future__ import annotations

import pytest

from tests.faults.ai.observed import TEXT, observe


@pytest.mark.parametrize("how", ["close", "reset"])
def test_the_second_request_of_a_connection_finds_it_closed(how: str) -> None:
    seen = observe(("keepalive.close_race", {"how": how}), requests=3)
    # Our client does what every HTTP client does: it sends again on a fresh connection.
    assert seen.texts == [TEXT] * 3
    assert (seen.reconnects, seen.hits) == (2, 2)


def test_a_connection_may_answer_more_before() -> None:
    seen = observe(("keepalive.close_race", {"served": 2}), requests=3)
    assert (seen.reconnects, seen.hits) == (1, 1)
