"""What a killed experiment has left behind is taken back by a process of its own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from seatrial.chaos.toolkit import leftovers
from seatrial.faults.client import ControlClient
from seatrial.faults.server import ProxyServer


@pytest.fixture
def client() -> Iterator[ControlClient]:
    described = {"name": "a b", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"}
    with ProxyServer(proxies=[described]) as server:
        yield ControlClient(server.url)


def line(url: str, name: str, armed: bool = True) -> str:
    return json.dumps({"url": url, "proxy": "a b", "name": name, "armed": armed}) + "\n"


def test_a_toxic_and_a_disabled_proxy_are_taken_back(client: ControlClient) -> None:
    client.add_toxic("a b", "latency", name="slow", attributes={"latency": 5})
    client.enable("a b", False)
    assert leftovers.taken_back((client.url, "a b", "slow"))
    assert not client.toxics("a b")
    assert not client.proxy("a b").enabled
    assert leftovers.taken_back((client.url, "a b", "down"))
    assert client.proxy("a b").enabled


def test_what_is_not_there_is_gone(client: ControlClient) -> None:
    assert leftovers.taken_back((client.url, "a b", "slow"))
    assert leftovers.taken_back((client.url, "nowhere", "slow"))


def test_a_server_that_is_gone_has_no_faults_and_one_that_is_mute_is_told() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    assert leftovers.taken_back((url, "a", "slow"))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        leftovers.TIMEOUT, was = 0.1, leftovers.TIMEOUT
        try:
            assert not leftovers.taken_back((url, "a", "slow"))
        finally:
            leftovers.TIMEOUT = was


def test_who_speaks_of_something_else_is_told() -> None:
    def answer() -> None:
        for _ in range(2):
            with suppress(OSError), listener.accept()[0] as taken:
                taken.recv(4096)
                taken.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        assert not leftovers.taken_back((f"http://127.0.0.1:{listener.getsockname()[1]}", "a", "slow"))


def test_as_a_process_it_takes_back_what_is_armed_at_the_end(client: ControlClient) -> None:
    client.add_toxic("a b", "latency", name="kept", attributes={"latency": 5})
    client.add_toxic("a b", "latency", name="left", attributes={"latency": 5})
    lines = line(client.url, "kept") + line(client.url, "left") + line(client.url, "kept", armed=False)
    process = [sys.executable, "-P", "-m", leftovers.__name__]
    done = subprocess.run(process, input=lines, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (0, "ok\n" * 3)
    assert set(client.toxics("a b")) == {"kept"}
