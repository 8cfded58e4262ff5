"""Names, ports and certificates that do not work, each with its own kind of error."""

from __future__ import annotations

import asyncio
import errno
import math
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.exchange import ErrorKind
from seatrial.targets import dial
from seatrial.targets.config import Timeouts, Tls
from seatrial.targets.target import Target, TargetConfig, new_event_loop
from tests.targets.certificates import Authority
from tests.targets.servers import Visit, well_behaved

MakeTarget = Callable[..., Target]
QUICK = Timeouts(0.2, 0.5, 0.5, 2.0)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts no connection: its queue is full."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        for _ in range(4):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(full.getsockname())
        yield full.getsockname()[1]
        for each in waiting:
            each.close()


def send_to(uri: str, **config: Any) -> Any:
    with Target(TargetConfig(uri=uri, timeouts=QUICK, **config)) as target:
        return target.send("Hi")


def test_a_name_that_does_not_resolve() -> None:
    exchange = send_to("http://no-such-host.invalid/v1")
    assert exchange.error is ErrorKind.DNS
    assert "'no-such-host.invalid' does not resolve" in exchange.detail
    assert math.isnan(exchange.connected)


def test_a_port_nobody_listens_on() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        exchange = send_to(f"http://127.0.0.1:{free.getsockname()[1]}/v1")
    assert exchange.error is ErrorKind.CONNECT
    assert "is the target started?" in exchange.detail
    assert exchange.status == 0
    assert exchange.done >= exchange.sent >= exchange.intended


def test_a_port_that_accepts_nothing(silent_port: int) -> None:
    exchange = send_to(f"http://127.0.0.1:{silent_port}/v1")
    assert exchange.error is ErrorKind.CONNECT
    assert "timeouts.connect" in exchange.detail


def test_the_second_address_of_a_name_is_tried(
    target: MakeTarget, monkeypatch: pytest.MonkeyPatch, silent_port: int
) -> None:
    made = target(well_behaved, timeouts=QUICK)

    async def two(address: dial.Address) -> list[dial.Info]:
        tcp = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        return [(*tcp, ("127.0.0.1", silent_port)), (*tcp, ("127.0.0.1", address.port))]

    monkeypatch.setattr(dial, "_resolve", two)
    assert made.send("Hi").ok


def test_localhost_is_looked_up(target: MakeTarget) -> None:
    made = target(well_behaved)
    with Target(TargetConfig(uri=made.config.uri.replace("127.0.0.1", "localhost"))) as named:
        assert named.send("Hi").ok


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EADDRNOTAVAIL])
def test_our_own_lack_of_sockets_is_never_the_targets_fault(
    target: MakeTarget, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    async def none_left(info: dial.Info, limit: float | None) -> socket.socket:
        raise OSError(number, "none left")

    monkeypatch.setattr(dial, "_connect_one", none_left)
    with pytest.raises(HarnessError, match="ulimit"):
        target(well_behaved).send("Hi")


def test_a_good_certificate(target: MakeTarget, authority: Authority) -> None:
    made = target(well_behaved, authority.context(), tls=Tls(ca_file=str(authority.file)))
    first, second = made.send("Hi"), made.send("Hi", stream=True)
    assert first.ok, first.detail
    assert first.sent <= first.connected < first.secured < first.first_byte
    assert second.ok
    assert math.isnan(second.connected)
    assert math.isnan(second.secured)
    assert made.server.connections == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("server", "tls", "says"),
    [
        ({}, {}, "name the authority's PEM file as tls.ca_file"),
        ({"expired": True}, {"ca": True}, "certificate has expired; renew it"),
        ({"address": "127.0.0.9"}, {"ca": True}, "the certificate was made for?"),
    ],
    ids=["unknown-authority", "expired", "other-name"],
)
def test_a_certificate_that_is_not_accepted(
    target: MakeTarget, authority: Authority, server: dict[str, Any], tls: dict[str, bool], says: str
) -> None:
    trusted = Tls(ca_file=str(authority.file) if tls else None)
    made = target(well_behaved, authority.context(**server), tls=trusted)
    exchange = made.send("Hi")
    assert exchange.error is ErrorKind.TLS
    assert says in exchange.detail
    unchecked = target(well_behaved, authority.context(**server), tls=Tls(verify=False))
    assert unchecked.send("Hi").ok


def test_tls_to_a_port_that_speaks_plainly(target: MakeTarget) -> None:
    async def plain(visit: Visit) -> None:
        await visit.reader.read(10)
        await visit.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        await visit.forever()

    made = target(plain)
    exchange = send_to(made.config.uri.replace("http:", "https:"))
    assert exchange.error is ErrorKind.TLS
    assert "should the uri begin with http?" in exchange.detail


@pytest.mark.parametrize("hold", [True, False])
def test_a_handshake_that_goes_nowhere(target: MakeTarget, hold: bool) -> None:
    async def dead(visit: Visit) -> None:
        await visit.reader.read(10)
        if hold:
            await visit.forever()

    exchange = send_to(target(dead).config.uri.replace("http:", "https:"))
    assert exchange.error is ErrorKind.TLS
    assert ("no TLS handshake within" if hold else "during the TLS handshake") in exchange.detail


def test_plain_http_to_a_tls_port(target: MakeTarget, authority: Authority) -> None:
    made = target(well_behaved, authority.context())
    exchange = send_to(made.config.uri.replace("https:", "http:"))
    assert exchange.error in (ErrorKind.PROTOCOL, ErrorKind.RESET)


@pytest.mark.parametrize("content", [None, "not a certificate"])
def test_a_file_of_authorities_that_cannot_be_read(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with pytest.raises(UsageError, match="not a readable PEM file") as caught:
        Target(TargetConfig(uri="https://127.0.0.1/", tls=Tls(ca_file=str(path))))
    assert "ca.pem" in str(caught.value)


@pytest.mark.parametrize("tls", [False, True])
def test_reached_without_a_request(target: MakeTarget, authority: Authority, tls: bool) -> None:
    heard: list[bytes] = []

    async def listening(visit: Visit) -> None:
        heard.append(await visit.reader.read(100))

    context = authority.context() if tls else None
    config = target(listening, context, tls=Tls(ca_file=str(authority.file))).config
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(dial.reach(config))
        runner.run(dial.reach(config))
    assert set(heard) <= {b""}


def test_not_reached_is_told_as_when_it_is_asked() -> None:
    with socket.socket() as free, asyncio.Runner() as runner:
        free.bind(("127.0.0.1", 0))
        config = TargetConfig(uri=f"http://127.0.0.1:{free.getsockname()[1]}/v1", timeouts=QUICK)
        with pytest.raises(dial.DialError) as caught:
            runner.run(dial.reach(config))
    assert caught.value.kind is ErrorKind.CONNECT
