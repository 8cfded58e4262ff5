"""The game day's dependencies behind the real fault proxy."""

from __future__ import annotations

import http.client
from typing import Any

import pytest

from seatrial.chaos.gameday.proxying import FaultProxy
from seatrial.policy.dependency import DependencySpec
from tests.chaos.signals.pages import Pages


def get(address: str) -> int:
    host, _, port = address.partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture
def spec(pages: Pages) -> Any:
    pages.put("/", "fine")
    upstream = pages.url.removeprefix("http://")
    return DependencySpec.model_validate(
        {"name": "primary", "listen": "127.0.0.1:0", "upstream": upstream, "protocol": "http"}
    )


def test_a_fault_acts_is_witnessed_and_taken_back(spec: DependencySpec) -> None:
    proxy = FaultProxy(seed=1)
    try:
        primary = proxy.add(spec)
        assert get(primary.listen) == 200
        with primary.inject("http.status", attributes={"status": 503}, first=1) as fault:
            assert [get(primary.listen), get(primary.listen)] == [503, 200]
            assert fault.witness.hits == 1
        with primary.inject("down") as fault, pytest.raises(ConnectionRefusedError):
            get(primary.listen)
        assert fault.witness.hits
        assert get(primary.listen) == 200
    finally:
        proxy.close()
    with pytest.raises(ConnectionRefusedError):
        get(primary.listen)
