"""Tests of counting who is refused."""

from __future__ import annotations

import asyncio
import socket

import pytest

from seatrial.faults import refusals
from seatrial.faults.refusals import RefusalCounter, program
from tests.faults.rig import on_loop


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def knock(host: str, port: int) -> None:
    with pytest.raises(OSError):  # noqa: PT011  refused, or no such family here
        await asyncio.open_connection(host, port)


@pytest.mark.root
@on_loop
async def test_refused_connections_are_counted_and_others_are_not() -> None:
    counted: list[int] = []
    port = free_port()
    counter = RefusalCounter(port, lambda: counted.append(1))
    if not counter.works:
        pytest.skip("needs CAP_NET_RAW")
    for _ in range(5):
        await knock("127.0.0.1", port)
    await knock("127.0.0.1", free_port())
    counter.close()
    counter.close()
    assert len(counted) == 5


def test_without_the_right_to_look_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", forbidden)
        counter = RefusalCounter(1, lambda: None)
    assert not counter.works
    counter.close()


def test_the_program_never_jumps_out_of_itself() -> None:
    instructions = program(8080)
    for place, (code, yes, no, _) in enumerate(instructions):
        if code == refusals.EQUAL:
            assert place + 1 + max(yes, no) < len(instructions)
    assert [each for each in instructions if each[3] == 8080] == [
        (refusals.EQUAL, 0, 12, 8080),
        (refusals.EQUAL, 0, 4, 8080),
    ]
