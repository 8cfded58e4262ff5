"""A target behind a fault proxy, for experiments: the reference gateway in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from seatrial.chaos.toolkit.session import forget
from seatrial.faults.client import ControlClient
from seatrial.faults.server import ProxyServer
from seatrial.systems.runner import System
from tests.chaos.toolkit.experiments import Bench

pytest.importorskip("chaoslib", reason="needs the extra [chaos]")
pytest.importorskip("toxiproxy", reason="needs the extra [chaos]")


@pytest.fixture(scope="package")
def provider() -> Iterator[System]:
    limits = ["--cache-seconds", "0", "--rate", "100000", "--burst", "100000"]
    with System("reference", arguments=limits) as system:
        yield system


@pytest.fixture(scope="package")
def shared_bench(provider: System) -> Iterator[Bench]:
    described = {
        "name": "primary",
        "listen": "127.0.0.1:0",
        "upstream": f"127.0.0.1:{provider.port}",
        "protocol": "openai-chat",
    }
    with ProxyServer(proxies=[described]) as server:
        listen = ControlClient(server.url).proxy("primary").listen
        env = {
            "SEATRIAL_TARGET_URL": f"http://{listen}/v1",
            "SEATRIAL_TARGET_MODEL": str(provider.model),
            "SEATRIAL_TARGET_KEY": str(provider.api_key),
            "SEATRIAL_CONTROL_URL": server.url,
        }
        yield Bench(server.url, env)


@pytest.fixture
def bench(shared_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """The target and its proxy, in the environment; without a fault before and after."""
    for name, value in shared_bench.env.items():
        monkeypatch.setenv(name, value)
    forget()
    yield Bench(shared_bench.control, {**os.environ, **shared_bench.env})
    forget()
    ControlClient(shared_bench.control).reset()
