"""Kept connections that the target closed: whose fault is it, and who repeats the request?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from seatrial.core.exchange import ErrorKind, Exchange
from tests.targets.servers import Visit, completion, whole
from tests.targets.test_client import GOOD, Serve, client_for, run

__all__ = ["run"]


def closing_after(answers: int, *, reset: bool = False) -> Callable[[Visit], Any]:
    """Each connection answers so often, takes one more request and closes."""

    async def handler(visit: Visit) -> None:
        for _ in range(answers):
            await visit.request()
            await visit.send(GOOD)
        await visit.request()
        if reset:
            visit.reset()

    return handler


@pytest.mark.parametrize("reset", [False, True])
def test_a_stale_connection_is_replaced_once_and_counted(serve: Serve, run: Any, reset: bool) -> None:
    server = serve(closing_after(1, reset=reset))

    async def work() -> tuple[list[Exchange], int]:
        async with client_for(server, connections=1) as client:
            return [await client.exchange("Hi") for _ in range(3)], client.reconnects

    exchanges, reconnects = run(work())
    assert [exchange.error for exchange in exchanges] == [None, None, None]
    assert reconnects == 2
    assert server.connections == 3
    assert exchanges[1].connected == exchanges[1].connected


def test_a_fresh_connection_that_closes_is_the_targets_fault(serve: Serve, run: Any) -> None:
    server = serve(closing_after(0))

    async def work() -> Exchange:
        async with client_for(server) as client:
            exchange = await client.exchange("Hi")
            assert client.reconnects == 0
            return exchange

    assert run(work()).error is ErrorKind.RESET
    assert server.connections == 1


def test_a_repeated_request_that_fails_again_is_the_targets_fault(serve: Serve, run: Any) -> None:
    async def handler(visit: Visit) -> None:
        await visit.request()
        if visit.number == 1:
            await visit.send(GOOD)
            await visit.request()

    server = serve(handler)

    async def work() -> tuple[Exchange, int]:
        async with client_for(server) as client:
            await client.exchange("Hi")
            return await client.exchange("Hi"), client.reconnects

    exchange, reconnects = run(work())
    assert (exchange.error, reconnects, server.connections) == (ErrorKind.RESET, 1, 2)


def test_a_kept_connection_that_breaks_after_the_first_byte_is_not_repeated(serve: Serve, run: Any) -> None:
    async def handler(visit: Visit) -> None:
        await visit.request()
        await visit.send(GOOD)
        await visit.request()
        await visit.send(GOOD[:10])

    server = serve(handler)

    async def work() -> tuple[Exchange, int]:
        async with client_for(server) as client:
            await client.exchange("Hi")
            return await client.exchange("Hi"), client.reconnects

    exchange, reconnects = run(work())
    assert (exchange.error, reconnects) == (ErrorKind.TRUNCATED, 0)


def test_an_answer_nobody_asked_for_closes_the_connection(serve: Serve, run: Any) -> None:
    async def handler(visit: Visit) -> None:
        await visit.request()
        await visit.send(GOOD, b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n", pause=0.05)
        await visit.forever()

    server = serve(handler)

    async def work() -> list[Exchange]:
        async with client_for(server) as client:
            first = await client.exchange("Hi")
            await asyncio.sleep(0.1)
            return [first, await client.exchange("Hi")]

    assert [exchange.error for exchange in run(work())] == [None, None]
    assert server.connections == 2


def test_connection_close_is_honoured_and_waiting_requests_go_on(serve: Serve, run: Any) -> None:
    async def handler(visit: Visit) -> None:
        await visit.request()
        await visit.send(whole(completion(), headers="connection: close\r\n"))

    server = serve(handler)

    async def work() -> list[Exchange]:
        async with client_for(server, connections=2) as client:
            return await asyncio.gather(*(client.exchange("Hi") for _ in range(6)))

    assert all(exchange.ok for exchange in run(work()))
    assert server.connections == 6
