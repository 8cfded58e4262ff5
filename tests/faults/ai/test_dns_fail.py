from __future__ import annotations

import pytest

from seatrial.core.exchange import ErrorKind
from seatrial.targets.config import Timeouts
from tests.faults.ai.observed import observe


def test_the_connection_stands_and_is_closed_without_a_byte() -> None:
    seen = observe(("dns.fail", {}))
    assert seen.exchange.error in (ErrorKind.RESET, ErrorKind.TRUNCATED)
    assert (seen.exchange.status, seen.exchange.received) == (0, 0)
    assert seen.hits == 1


@pytest.mark.parametrize("how", ["502", "503"])
def test_a_gateway_says_so(how: str) -> None:
    seen = observe(("dns.fail", {"how": how}))
    assert (seen.exchange.error, seen.exchange.status) == (ErrorKind.HTTP_STATUS, int(how))
    assert seen.exchange.raw is not None
    assert b"name resolution failed" in seen.exchange.raw.body


def test_a_lookup_takes_its_time() -> None:
    seen = observe(("dns.fail", {"after": "30s"}), timeouts=Timeouts(2, 0.1, 1, 5))
    assert seen.exchange.error is ErrorKind.TIMEOUT_FIRST_BYTE


def test_requests_for_another_path_are_not_hit() -> None:
    assert observe(("dns.fail", {"path": "/v1/embeddings"})).hits == 0
