"""The pool, stale connections, cancelling, closing, and what goes over the wire."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.targets import wire
from seatrial.targets.client import Client, clock
from seatrial.targets.config import TargetConfig, Timeouts
from seatrial.targets.openai_chat import OpenAIChat, OpenAIReader
from seatrial.targets.reader import Reader
from seatrial.targets.secret import Secret
from seatrial.targets.target import new_event_loop
from seatrial.targets.wire import Answer, Prompt, WireRequest
from tests.targets.conftest import CANARY, SHORT
from tests.targets.servers import Server, Visit, completion, well_behaved, whole

Serve = Callable[..., Server]
GOOD = whole(completion())


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Any:
    """Runs a coroutine on either loop and fails on anything the loop had to complain about."""
    loop = asyncio.new_event_loop() if request.param == "asyncio" else new_event_loop()
    complaints: list[Any] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    yield loop.run_until_complete
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    assert complaints == []


def client_for(server: Server, connections: int = 4, **config: Any) -> Client:
    return Client(TargetConfig(uri=server.uri, model="small", **config), connections=connections)


def test_what_goes_over_the_wire(serve: Serve, run: Any) -> None:
    server = serve(well_behaved)

    async def work() -> None:
        config = TargetConfig(
            uri=server.uri + "?api-version=7",
            api_key=Secret(CANARY),
            headers={"X-Tag": "a", "User-Agent": "me"},
        )
        async with Client(config) as client:
            await client.exchange("Hi")
            await client.exchange(
                client.prepare("Hi", headers={"x-tag": None, "X-More": Secret("s")}, api_key="")
            )
            await client.exchange(client.prepare(WireRequest("DELETE", "/x?y=1", (), b"")))
            await client.exchange(client.prepare("Hi", api_key="other"))

    run(work())
    first, second, third, fourth = (request.decode() for request in server.requests)
    assert first.startswith("POST /v1/chat/completions?api-version=7 HTTP/1.1\r\nhost: 127.0.0.1:")
    assert f"\r\nauthorization: Bearer {CANARY}\r\n" in first
    assert "\r\naccept-encoding: identity\r\n" in first
    assert "\r\nuser-agent: me\r\n" in first
    assert "\r\nx-tag: a\r\n" in first
    assert "x-tag" not in second
    assert "authorization" not in second
    assert "\r\nx-more: s\r\n" in second
    assert third.startswith("DELETE /x?y=1 HTTP/1.1\r\n")
    assert "content-length" not in third
    assert "Bearer other" in fourth


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"headers": {"x-tag": "a\r\nx-evil: b"}}, "the value of x-tag"),
        ({"headers": {"x\r\ny": "a"}}, "not a header name"),
        ({"api_key": "k\nx: y"}, "the value of authorization"),
        ({"request": WireRequest("GET", "/a b", (), b"")}, "not a path"),
        ({"request": WireRequest("GET", "/a\r\nx: y", (), b"")}, "not a path"),
        ({"request": WireRequest("GET /x HTTP/1.1\r\n", "/", (), b"")}, "not an HTTP method"),
    ],
)
def test_nothing_smuggles_another_line_into_a_request(change: dict[str, Any], says: str) -> None:
    client = Client(TargetConfig(uri="http://h/v1"))
    with pytest.raises(UsageError, match=says):
        client.prepare(**{"request": Prompt.of("Hi"), **change})


def test_the_pool_is_capped_and_connections_are_kept(serve: Serve, run: Any) -> None:
    server = serve(well_behaved)

    async def work() -> list[Exchange]:
        async with client_for(server, connections=3) as client:
            asking = [asyncio.ensure_future(client.exchange("Hi", index=n)) for n in range(20)]
            await asyncio.sleep(0)
            assert (client.in_flight, client.queued) == (3, 17)
            done = await asyncio.gather(*asking)
            assert (client.in_flight, client.queued) == (0, 0)
            return done

    exchanges = run(work())
    assert all(exchange.ok for exchange in exchanges)
    assert [exchange.index for exchange in exchanges] == list(range(20))
    assert server.connections <= 3
    assert sum(exchange.connected == exchange.connected for exchange in exchanges) == server.connections


def test_who_waits_too_long_for_a_connection_gives_up(serve: Serve, run: Any) -> None:
    async def handler(visit: Visit) -> None:
        await visit.request()
        await visit.forever()

    server = serve(handler)

    async def work() -> list[Exchange]:
        config = TargetConfig(uri=server.uri, timeouts=Timeouts(1.0, 0.5, 0.5, 5.0))
        async with Client(config, connections=2, patience=0.1) as client:
            return await asyncio.gather(*(client.exchange("Hi") for _ in range(6)))

    exchanges = run(work())
    assert [each.error for each in exchanges] == [ErrorKind.TIMEOUT_FIRST_BYTE] * 2 + [
        ErrorKind.TIMEOUT_TOTAL
    ] * 4
    assert all(each.sent == each.done and each.duration > 0.09 for each in exchanges[2:])
    assert exchanges[2].detail == "given up: none of 2 connections was free in time"
    assert len(server.requests) == 2


def test_who_gets_a_connection_in_time_does_not_give_up(serve: Serve, run: Any) -> None:
    server = serve(well_behaved)

    async def work() -> list[Exchange]:
        config = TargetConfig(uri=server.uri)
        async with Client(config, connections=1, patience=0.05) as client:
            first = await asyncio.gather(*(client.exchange("Hi") for _ in range(3)))
            await asyncio.sleep(0.1)
            return [*first, await client.exchange("Hi")]

    assert [each.error for each in run(work())] == [None] * 4


def test_times_count_from_the_callers_zero(serve: Serve, run: Any) -> None:
    server = serve(well_behaved)

    async def work() -> Exchange:
        async with client_for(server) as client:
            zero = clock() - 100
            return await client.exchange("Hi", intended=99.5, zero=zero, prompt=7)

    exchange = run(work())
    assert (exchange.intended, exchange.prompt) == (99.5, 7)
    assert 100 <= exchange.sent <= exchange.connected <= exchange.first_byte <= exchange.done < 110
    assert exchange.duration > 0.5


def test_waiting_requests_are_told_when_nothing_listens_any_more(run: Any) -> None:
    async def work() -> list[Exchange]:
        async with Client(TargetConfig(uri="http://127.0.0.1:1/v1"), connections=1) as client:
            return await asyncio.gather(*(client.exchange("Hi") for _ in range(5)))

    assert [exchange.error for exchange in run(work())] == [ErrorKind.CONNECT] * 5


def test_a_cancelled_request_gives_its_connection_up(serve: Serve, run: Any) -> None:
    gone = []

    async def handler(visit: Visit) -> None:
        await visit.request()
        if visit.number == 1:
            await visit.forever()
            gone.append(visit.number)
        else:
            await visit.send(GOOD)

    server = serve(handler)

    async def work() -> Exchange:
        async with client_for(server, connections=1) as client:
            held = asyncio.ensure_future(client.exchange("Hi"))
            queued = asyncio.ensure_future(client.exchange("Hi"))
            last = asyncio.ensure_future(client.exchange("Hi"))
            while not server.requests:
                await asyncio.sleep(0.005)
            queued.cancel()
            held.cancel()
            exchange = await last
            assert held.cancelled()
            assert queued.cancelled()
            return exchange

    assert run(work()).ok
    assert len(server.requests) == 2
    assert gone == [1]


def test_cancelling_while_dialling_sends_nothing(serve: Serve, run: Any) -> None:
    server = serve(well_behaved)

    async def work() -> None:
        async with client_for(server) as client:
            dialling = asyncio.ensure_future(client.exchange("Hi"))
            await asyncio.sleep(0)
            dialling.cancel()
            await asyncio.gather(dialling, return_exceptions=True)
            assert dialling.cancelled()
            await asyncio.sleep(0.02)
            assert client.in_flight == 0

    run(work())
    assert server.requests == []


def test_closing_tells_those_who_wait(serve: Serve, run: Any) -> None:
    async def handler(visit: Visit) -> None:
        await visit.request()
        await visit.forever()

    server = serve(handler)

    async def work() -> list[Any]:
        client = client_for(server, connections=1)
        waiting = [asyncio.ensure_future(client.exchange("Hi")) for _ in range(3)]
        while not server.requests:
            await asyncio.sleep(0.005)
        await client.close()
        await client.close()
        return await asyncio.gather(*waiting, return_exceptions=True)

    results = run(work())
    assert all(isinstance(result, HarnessError) and "closed" in str(result) for result in results)


def test_begin_calls_back_without_a_task(serve: Serve, run: Any) -> None:
    server = serve(well_behaved)

    async def work() -> list[Exchange]:
        async with client_for(server, connections=2) as client:
            prepared = client.prepare("Hi", stream=True)
            finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            recorded: list[Exchange] = []

            def then(exchange: Exchange) -> None:
                recorded.append(exchange)
                if len(recorded) == 10:
                    finished.set_result(None)
                elif len(recorded) < 9:
                    client.begin(prepared, then, index=len(recorded) + 1)

            client.begin(prepared, then, index=0)
            client.begin(prepared, then, index=1)
            await finished
            return recorded

    exchanges = run(work())
    assert all(exchange.ok and exchange.streamed for exchange in exchanges)
    assert sorted(exchange.index for exchange in exchanges) == list(range(10))


@pytest.mark.parametrize("where", ["head", "feed", "finish"])
def test_a_reader_that_breaks_is_harness_trouble_and_not_the_targets(
    serve: Serve, run: Any, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Reader):
        def head(self, status: int, headers: wire.Headers) -> None:
            self.trip("head")

        def feed(self, data: bytes, at: float) -> None:
            self.trip("feed")

        def finish(self, at: float, complete: bool = True) -> Answer:
            self.trip("finish")
            return Answer()

        def trip(self, here: str) -> None:
            if here == where:
                raise KeyError("a bug")

    monkeypatch.setattr(OpenAIChat, "reader", lambda self, stream: Broken(stream, self._config))
    server = serve(well_behaved)

    async def work() -> None:
        async with client_for(server) as client:
            with pytest.raises(HarnessError, match="the reader of protocol 'openai-chat' failed") as caught:
                await client.exchange("Hi")
            assert isinstance(caught.value.__cause__, KeyError)

    run(work())


def test_timeouts_can_be_set_for_one_request(serve: Serve, run: Any) -> None:
    async def handler(visit: Visit) -> None:
        await visit.request()
        await visit.forever()

    server = serve(handler)

    async def work() -> tuple[Exchange, Exchange]:
        async with client_for(server, timeouts=Timeouts(1, 9, 9, 9)) as client:
            first = await client.exchange("Hi", timeouts=SHORT)
            total = await client.exchange("Hi", timeouts=Timeouts(1, 5, 5, 0.1))
            return first, total

    first, total = run(work())
    assert first.error is ErrorKind.TIMEOUT_FIRST_BYTE
    assert total.error is ErrorKind.TIMEOUT_TOTAL


def test_a_client_needs_a_connection_and_a_protocol() -> None:
    with pytest.raises(UsageError, match="at least one connection"):
        Client(TargetConfig(uri="http://h"), connections=0)
    with pytest.raises(UsageError, match="no protocol"):
        Client(TargetConfig(uri="http://h", protocol="nope"))


def test_no_key_in_a_repr_a_log_or_a_detail(
    serve: Serve, run: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """The target echoes the key in every part of its answer, then breaks."""

    async def echo(visit: Visit) -> None:
        while True:
            request = await visit.request()
            key = request.partition(b"Bearer ")[2].partition(b"\r\n")[0]
            broken = {1: b"%s\r\n", 2: b"HTTP/1.1 302 x\r\nlocation: /%s\r\ncontent-length: 0\r\n\r\n"}
            form = broken.get(
                visit.number, b"HTTP/1.1 401 %s\r\ncontent-encoding: %s\r\ncontent-length: 0\r\n\r\n"
            )
            await visit.send(form.replace(b"%s", key))
            if visit.number != 2:
                return

    caplog.set_level(logging.DEBUG)
    server = serve(echo)

    async def work() -> list[str]:
        async with client_for(server, api_key=Secret(CANARY)) as client:
            prepared = client.prepare("Hi")
            exchanges = [await client.exchange(prepared) for _ in range(3)]
            texts = [exchange.detail for exchange in exchanges]
            assert all(texts)
            return [*texts, repr(prepared), repr(client.target), repr(client), repr(client.protocol)]

    shown = "\n".join([*run(work()), caplog.text, *capfd.readouterr()])
    assert CANARY in server.requests[0].decode()
    assert "canary" not in shown
    assert OpenAIReader  # the reader that quoted them
