"""Tests of whole servers: in a thread, started and stopped, and when a port is taken."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.collection import Collection
from seatrial.faults.server import ProxyServer
from tests.faults.conftest import status_of


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "seatrial-proxy"]


@pytest.fixture
def others() -> list[threading.Thread]:
    """Those that a fixture of another file still has: not ours to count."""
    return threads()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def described(upstream: str, **more: Any) -> dict[str, Any]:
    return {"name": "p", "listen": "127.0.0.1:0", "upstream": upstream, **more}


def test_start_and_stop_leave_nothing(upstream: str, others: list[threading.Thread]) -> None:
    with ProxyServer():
        pass  # the first one opens files for all that follow
    for _ in range(2):
        before = open_files()
        server = ProxyServer(proxies=[described(upstream)])
        with server:
            listen = server.call(first_address)
            assert status_of(listen) == 200
            standing = socket.create_connection(("127.0.0.1", int(listen.rpartition(":")[2])))
            assert len(threads()) == len(others) + 1
        assert standing.recv(1) == b""  # cut
        standing.close()
        server.stop()
        assert threads() == others
        assert status_of(listen) == "ConnectionRefusedError"
        assert status_of(server.url.removeprefix("http://")) == "ConnectionRefusedError"
        for _ in range(1000):  # the upstream's threads close theirs in their own time
            if open_files() <= before:
                break
            time.sleep(0.01)
        assert open_files() <= before
        assert server.troubles == []


async def first_address(proxies: Collection) -> str:
    return proxies.all()[0].listen


def test_several_servers_beside_each_other(upstream: str) -> None:
    with ProxyServer(proxies=[described(upstream)]) as one, ProxyServer(proxies=[described(upstream)]) as two:
        assert one.url != two.url
        assert status_of(one.call(first_address)) == status_of(two.call(first_address)) == 200


@pytest.mark.parametrize("which", ["control", "proxy"])
def test_a_port_that_is_taken(which: str, upstream: str, others: list[threading.Thread]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        if which == "control":
            server = ProxyServer(address)
        else:
            server = ProxyServer(proxies=[described(upstream), described(upstream, name="q", listen=address)])
        with pytest.raises(HarnessError, match=r"(?i)address already in use") as error:
            server.start()
        assert address in str(error.value)
        assert error.value.hint
    assert threads() == others


@pytest.mark.parametrize(
    ("control", "proxies", "told"),
    [
        ("nonsense", [], "no address for the control API"),
        ("127.0.0.1:0", [{"name": "p"}], "described wrongly: missing required field: upstream"),
        ("127.0.0.1:0", [{"name": "p", "upstream": "x:1", "tls": "yes"}], "described wrongly"),
        ("127.0.0.1:0", ["p"], "described wrongly"),
        ("127.0.0.1:0", [{"name": "p", "listen": "nonsense", "upstream": "x:1"}], "missing port"),
    ],
)
def test_what_is_described_wrongly(
    control: str, proxies: list[Any], told: str, others: list[threading.Thread]
) -> None:
    with pytest.raises(UsageError, match=told):
        ProxyServer(control, proxies=proxies).start()
    assert threads() == others


def test_without_a_control_api(upstream: str) -> None:
    with ProxyServer(None, proxies=[described(upstream)]) as server:
        assert status_of(server.call(first_address)) == 200


def test_many_connections_are_allowed(upstream: str) -> None:
    with ProxyServer():
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert soft >= min(hard, 65536) or hard == resource.RLIM_INFINITY


def test_a_defect_in_the_loop_is_told(upstream: str, capsys: pytest.CaptureFixture[str]) -> None:
    async def breaks(_: Collection) -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        await asyncio.sleep(0.01)

    with ProxyServer() as server:
        server.call(breaks)
        assert len(server.troubles) == 1
        assert "ZeroDivisionError" in server.troubles[0]


def test_a_child_that_forks_and_leaves_keeps_the_server_well(upstream: str) -> None:
    with ProxyServer(proxies=[described(upstream)]) as server:
        child = os.spawnlp(os.P_WAIT, "true", "true")
        assert child == 0
        assert status_of(server.call(first_address)) == 200
