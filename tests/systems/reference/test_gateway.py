from __future__ import annotations

import asyncio

import pytest

from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.gateway import LOCAL, Gateway
from seatrial.systems.reference.settings import Settings, Upstream
from tests.systems.reference.test_model import ask


def test_without_upstreams_there_are_two_providers_and_a_last_resort() -> None:
    assert list(Gateway(Settings(), Defects()).router.states) == ["primary", "secondary", LOCAL]


def test_upstreams_come_before_the_last_resort() -> None:
    upstream = Upstream("cloud", "http://127.0.0.1:9/v1", key="sk-secret")
    gateway = Gateway(Settings(upstreams=(upstream,)), Defects())
    assert list(gateway.router.states) == ["cloud", LOCAL]
    assert "sk-secret" not in repr(gateway.settings)
    asyncio.run(gateway.close())


def test_an_unknown_model_is_refused() -> None:
    gateway = Gateway(Settings(), Defects())
    gateway.check_model(ask())
    with pytest.raises(ApiError) as error:
        gateway.check_model(ask(model="nope"))
    assert error.value.status == 404


def test_health_follows_progress() -> None:
    gateway = Gateway(Settings(stuck_after=-1.0), Defects())
    assert gateway.healthy
    gateway.progress.begin()
    assert not gateway.healthy
    gateway.progress.end()
    assert gateway.healthy
