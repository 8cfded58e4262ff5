from __future__ import annotations

from seatrial.systems.reference.breaker import State
from seatrial.systems.reference.metrics import Metrics


def test_each_gateway_has_a_registry_of_its_own() -> None:
    one, other = Metrics(), Metrics()
    one.requests.labels("/health", "200").inc()
    one.breaker("primary", State.OPEN)
    page = one.page()[0].decode()
    assert 'gateway_requests_total{path="/health",status="200"} 1.0' in page
    assert 'gateway_breaker_state{provider="primary"} 2.0' in page
    assert "/health" not in other.page()[0].decode()
