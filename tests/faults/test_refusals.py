"""Tests of counting who is refused."""

from __future__ import annotations

import asyncio
import socket

import pytest

from seatrial.faults import refusals
from seatrial.faults.refusals import RefusalCounter, program
from tests.faults.rig import answering, inject, on_loop, plain, rig


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


@on_loop
async def test_connect_reset_is_what_a_process_without_rights_can_witness() -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(plain())))
        standing = await sea.connect(proxy)
        await asyncio.sleep(0.01)
        toxic = inject(proxy, "connect.reset", first=2)
        assert toxic.witness.hits == 1  # the one that stood is cut
        assert await standing[0].read() == b""
        for _ in range(2):
            with pytest.raises(ConnectionResetError):
                await (await sea.connect(proxy))[0].read()
        fine = await sea.connect(proxy)
        fine[1].write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert await fine[0].read(8) == b"HTTP/1.1"
        assert toxic.witness.hits == 3
