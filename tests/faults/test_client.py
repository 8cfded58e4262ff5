"""Tests of our client of the control API, and of the traps it mends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.client import ControlClient, NobodyListens
from seatrial.faults.server import ProxyServer
from tests.faults.conftest import status_of

pytest.importorskip("toxiproxy", reason="needs toxiproxy-python (the extra chaos)")


@pytest.fixture
def client(upstream: str) -> Iterator[ControlClient]:
    """Of a server with one proxy, p."""
    with ProxyServer() as server:
        made = ControlClient(server.url)
        made.create("p", "127.0.0.1:0", upstream, protocol="http")
        yield made
        assert server.troubles == []


def test_a_server_is_driven_and_read_back(client: ControlClient, upstream: str) -> None:
    assert (client.version(), client.ours) == ("2.12.0", True)
    proxy = client.proxy("p")
    assert (proxy.upstream, proxy.enabled, proxy.toxics) == (upstream, True, ())
    assert status_of(proxy.listen) == 200
    toxic = client.add_toxic("p", "http.status", attributes={"status": 429}, toxicity=0.9999)
    assert (toxic.name, toxic.type, toxic.toxicity) == ("http.status_downstream", "http.status", 0.9999)
    client.update_toxic("p", toxic.name, toxicity=1.0, attributes={"status": 503})
    assert client.toxics("p")[toxic.name].attributes["status"] == 503
    assert status_of(proxy.listen) == 503
    assert client.witness("p")[toxic.name]["hits"] == 1
    assert [each.faults for each in client.attempts("p")] == [(), (toxic.name,)]
    assert [each.number for each in client.attempts("p", since=1)] == [2]
    client.clear_attempts("p")
    assert client.attempts("p") == []
    client.remove_toxic("p", toxic.name)
    assert status_of(proxy.listen) == 200
    assert not client.enable("p", False).enabled
    assert status_of(proxy.listen) == "ConnectionRefusedError"
    client.reset()
    assert status_of(proxy.listen) == 200
    assert (client.received("p", "upstream") or 0) > 0
    assert (client.sent("p", "downstream") or 0) > 0
    client.delete("p")
    assert client.proxies() == {}


def test_a_fault_is_taken_back_whatever_it_is(client: ControlClient) -> None:
    client.add_toxic("p", "latency", name="slow", attributes={"latency": 5})
    client.enable("p", False)
    assert client.take_back("p", "slow")
    assert (client.toxics("p"), client.proxy("p").enabled) == ({}, False)
    assert client.take_back("p", "down")
    assert client.proxy("p").enabled
    assert not client.take_back("p", "down")
    assert not client.take_back("p", "slow")
    with pytest.raises(HarnessError, match="404: proxy not found"):
        client.take_back("none", "slow")


def test_several_servers_in_one_process(client: ControlClient, upstream: str) -> None:
    with ProxyServer() as other:
        second = ControlClient(other.url)
        second.create("q", "127.0.0.1:0", upstream)
        assert set(client.proxies()) == {"p"}
        assert set(second.proxies()) == {"q"}


@pytest.mark.parametrize(
    ("work", "told"),
    [
        (lambda c: c.create("p", "127.0.0.1:0", "x:1"), "409: proxy already exists"),
        (lambda c: c.create("q", "nonsense", "x:1"), "500: listen tcp"),
        (lambda c: c.proxy("none"), "404: proxy not found"),
        (lambda c: c.enable("none"), "404: proxy not found"),
        (lambda c: c.remove_toxic("p", "none"), "404: toxic not found"),
        (lambda c: c.add_toxic("p", "none"), "400: invalid toxic type"),
        (lambda c: c.add_toxic("p", "latency", attributes={"latncy": 5}), "is not as it was told to be"),
        (lambda c: c.add_toxic("p", "latency", attributes={"latency": "x"}), "400: bad request body"),
        (lambda c: c.attempts("none"), "404: proxy not found"),
    ],
)
def test_every_refusal_is_told(client: ControlClient, work: Any, told: str) -> None:
    with pytest.raises(HarnessError, match=told):
        work(client)


def test_a_port_that_is_taken_is_told(client: ControlClient) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(HarnessError, match=r"500.*address already in use"):
            client.create("q", f"127.0.0.1:{taken.getsockname()[1]}", "127.0.0.1:1")


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(NobodyListens, match="does not answer"):
        ControlClient("http://127.0.0.1:1").proxies()


def test_a_server_that_hangs_is_waited_for_no_longer_than_said() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(HarnessError, match="does not answer") as told:
            ControlClient(f"127.0.0.1:{silent.getsockname()[1]}", timeout=0.05).proxies()
        assert not isinstance(told.value, NobodyListens)


@pytest.mark.parametrize("url", ["https://127.0.0.1:8474", "http://", ""])
def test_what_is_no_address_of_a_server(url: str) -> None:
    with pytest.raises(UsageError, match="no address of a control API"):
        ControlClient(url)


class Liar(BaseHTTPRequestHandler):
    """Says yes to everything, and does nothing."""

    proxy: ClassVar = b'{"name": "p", "listen": "", "upstream": "", "enabled": true, "toxics": []}'

    def do_GET(self) -> None:
        body = b'{"p": %b}' % self.proxy if self.path == "/proxies" else self.proxy
        self.send_response(404 if self.path in ("/faults", "/metrics") else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_DELETE = do_GET

    def log_message(self, *words: Any) -> None:
        """Says nothing."""


@pytest.fixture
def liar() -> Iterator[ControlClient]:
    server = HTTPServer(("127.0.0.1", 0), Liar)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield ControlClient(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_was_not_done_is_not_believed(liar: ControlClient) -> None:
    assert not liar.ours
    for work in (
        lambda: liar.enable("p", False),
        lambda: liar.add_toxic("p", "latency", attributes={"latency": 5}),
        lambda: liar.create("p", ":0", "127.0.0.1:1"),
        lambda: liar.delete("p"),
    ):
        with pytest.raises(HarnessError, match=r"not as it was told|is not there|still there"):
            work()
    assert liar.received("p", "upstream") is None
