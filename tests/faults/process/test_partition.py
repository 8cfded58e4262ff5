from __future__ import annotations

import socket
import sys
from collections.abc import Iterator

import pytest

from seatrial.core.errors import UsageError
from seatrial.faults.process.network import OwnNetwork
from seatrial.faults.process.partition import Attributes, ProcessPartition, rules
from seatrial.faults.process.registry import inject
from seatrial.systems.process import GuardedProcess
from tests.faults.process.victims import COUNT, line, script, soon

LACKING = ProcessPartition.lacking() or OwnNetwork.lacking()
needs_network = pytest.mark.skipif(bool(LACKING), reason=LACKING or "")
ECHO = """
import socketserver, sys
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line)
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
Server((sys.argv[1], 7007), Echo).serve_forever()
"""


@pytest.fixture
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    """A server in a network of its own: process and address."""
    folder = tmp_path_factory.mktemp("inside")
    with OwnNetwork() as own:
        command = [*own.enter, sys.executable, "-c", ECHO, own.there]
        server = GuardedProcess(command, env={}, folder=folder, log=folder / "log", grace=0.1)
        try:
            assert soon(lambda: answers(own.there))
            yield server.pid, own.there
        finally:
            server.kill()


def answers(address: str, patience: float = 0.3) -> bool:
    try:
        with socket.create_connection((address, 7007), timeout=patience) as connection:
            connection.sendall(b"x\n")
            return connection.recv(2) == b"x\n"
    except TimeoutError:
        return False
    except ConnectionError:
        return False


@needs_network
def test_packets_vanish_until_it_ends_and_the_kernel_counts_them(inside: tuple[int, str]) -> None:
    pid, address = inside
    with inject(pid, "process.partition") as fault:
        before = fault.witness.hits
        with pytest.raises(TimeoutError):
            socket.create_connection((address, 7007), timeout=0.2)
        assert fault.witness.hits > before
    assert answers(address, 5)


@needs_network
def test_tcp_is_refused_where_that_was_asked_for(inside: tuple[int, str]) -> None:
    pid, address = inside
    with inject(pid, "process.partition", {"how": "reject"}) as fault:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, 7007), timeout=5)
        assert fault.witness.hits > 0
    assert answers(address, 5)


@needs_network
def test_another_port_and_another_address_are_left_alone(inside: tuple[int, str]) -> None:
    pid, address = inside
    with inject(pid, "process.partition", {"port": 9}) as fault:
        assert answers(address, 5)
        assert fault.witness.hits == 0
    with inject(pid, "process.partition", {"address": "192.0.2.7"}) as fault:
        assert answers(address, 5)
        assert fault.witness.hits == 0


@needs_network
def test_the_network_of_the_machine_is_never_cut() -> None:
    with script(COUNT) as victim:
        line(victim)
        with (
            pytest.raises(UsageError, match="shares this machine's network"),
            inject(victim.pid, "process.partition"),
        ):
            pass


def test_rules_say_what_was_asked_for() -> None:
    text = rules("t", Attributes(direction="in", loss=0.25, address="192.0.2.7", port=80))
    assert "output" not in text
    assert (
        'iifname != "lo" ip saddr 192.0.2.7 numgen random mod 10000 < 2500 tcp sport 80 meta l4proto' in text
    )
    assert "ip6 daddr" in rules("t", Attributes(address="2001:db8::1"))
