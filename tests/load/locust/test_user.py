"""What a Locust user makes of good and bad answers is what our own client makes of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.targets.config import Timeouts
from seatrial.targets.target import Target, TargetConfig
from tests.load.echo import Echo, streamed
from tests.targets.servers import Handler, Server, Visit

SCRIPT = Path(__file__).with_name("one_user.py")
BOUNDS = (0.4, 0.4, 1.0)


def asked(uri: str) -> list[dict[str, Any]]:
    """Three asked by a Locust user: two streams, one body."""
    command = [sys.executable, str(SCRIPT), uri, *map(str, BOUNDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def ours(uri: str) -> list[Any]:
    """The same by our own client."""
    first_byte, idle, total = BOUNDS
    config = TargetConfig(
        uri=uri, model="small", timeouts=Timeouts(1.0, first_byte, idle, total), max_body=10_000
    )
    with Target(config, connections=1) as target:
        return [target.send("Hello", stream=stream) for stream in (True, True, False)]


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], Server]]:
    servers: list[Server] = []

    def start(handler: Handler) -> Server:
        servers.append(Server(handler))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def test_good_answers() -> None:
    with Echo() as echo:
        theirs, mine = asked(echo.uri), ours(echo.uri)
    assert [each["error"] for each in theirs] == [None] * 3
    assert [each["text"] for each in theirs] == [each.text for each in mine]
    assert [each["chunks"] for each in theirs] == [each.chunks for each in mine] == [3, 3, 1]


async def truncated(visit: Visit) -> None:
    await visit.request()
    await visit.send(streamed()[:-40])


async def reset(visit: Visit) -> None:
    await visit.request()
    visit.reset()


async def silent(visit: Visit) -> None:
    await visit.request()
    await visit.forever()


async def stuck(visit: Visit) -> None:
    await visit.request()
    await visit.send(streamed()[:300])
    await visit.forever()


async def refuses(visit: Visit) -> None:
    while True:
        await visit.request()
        body = b'{"error": {"message": "slow down"}}'
        await visit.send(_status(429, body))


def _status(code: int, body: bytes) -> bytes:
    head = b"HTTP/1.1 %d Too Many\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % (code, len(body)) + body


async def nonsense(visit: Visit) -> None:
    await visit.request()
    await visit.send(b"no such protocol\r\n\r\n")


async def endless(visit: Visit) -> None:
    await visit.request()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 999999\r\n\r\n"
    await visit.send(head, *[b"data: " + b"x" * 4000 + b"\n\n"] * 5)
    await visit.forever()


@pytest.mark.parametrize("handler", [truncated, reset, silent, stuck, refuses, nonsense, endless])
def test_bad_answers_are_the_same_errors(handler: Handler, serve: Callable[[Handler], Server]) -> None:
    server = serve(handler)
    theirs, mine = asked(server.uri), ours(server.uri)
    assert [each["error"] for each in theirs] == [each.error for each in mine]
    assert all(each["error"] for each in theirs)
    assert [each["status"] for each in theirs] == [each.status for each in mine]


def test_a_connection_that_is_refused() -> None:
    with Echo() as echo:
        uri = echo.uri
    theirs, mine = asked(uri), ours(uri)
    assert [each["error"] for each in theirs] == [each.error for each in mine] == ["connect"] * 3
