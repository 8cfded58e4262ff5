"""What a Locust user makes of good and bad answers is what our own client makes of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from seatrial.targets.config import Timeouts
from seatrial.targets.target import Target, TargetConfig
from tests.load.echo import Echo, streamed
from tests.targets.servers import Handler, Server, Visit

SCRIPT = Path(__file__).with_name("one_user.py")
CALM, HASTY = (5.0, 5.0, 10.0), (0.3, 0.3, 1.0)

Bounds = tuple[float, float, float]
Told = dict[str, tuple[str, Bounds, list[dict[str, Any]]]]


def asked(addresses: list[tuple[str, Bounds]]) -> list[list[dict[str, Any]]]:
    """Three asked of each by a Locust user, two streams and a body; in one process, for it takes its time."""
    told = json.dumps([[uri, *bounds] for uri, bounds in addresses])
    command = [sys.executable, str(SCRIPT), told]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    found: list[list[dict[str, Any]]] = json.loads(done.stdout.splitlines()[-1])
    return found


def ours(uri: str, bounds: Bounds) -> list[Any]:
    """The same by our own client."""
    config = TargetConfig(uri=uri, model="small", timeouts=Timeouts(1.0, *bounds), max_body=10_000)
    with Target(config, connections=1) as target:
        return [target.send("Hello", stream=stream) for stream in (True, True, False)]


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


BAD: dict[Handler, Bounds] = {
    truncated: CALM,
    reset: CALM,
    silent: HASTY,
    stuck: HASTY,
    refuses: CALM,
    nonsense: CALM,
    endless: CALM,
}


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """What a Locust user made of each: address, bounds, three exchanges."""
    with Echo() as echo, ExitStack() as stack:
        with Echo() as gone:
            addresses = {"gone": (gone.uri, CALM), "good": (echo.uri, CALM)}
        for handler, bounds in BAD.items():
            server = Server(handler)
            stack.callback(server.close)
            addresses[handler.__name__] = (server.uri, bounds)
        found = asked(list(addresses.values()))
        yield {
            name: (uri, bounds, each)
            for (name, (uri, bounds)), each in zip(addresses.items(), found, strict=True)
        }


def test_good_answers(told: Told) -> None:
    uri, bounds, theirs = told["good"]
    mine = ours(uri, bounds)
    assert [each["error"] for each in theirs] == [None] * 3
    assert [each["text"] for each in theirs] == [each.text for each in mine]
    assert [each["chunks"] for each in theirs] == [each.chunks for each in mine] == [3, 3, 1]


@pytest.mark.parametrize("handler", BAD, ids=lambda handler: handler.__name__)
def test_bad_answers_are_the_same_errors(handler: Handler, told: Told) -> None:
    uri, bounds, theirs = told[handler.__name__]
    mine = ours(uri, bounds)
    assert [each["error"] for each in theirs] == [each.error for each in mine]
    assert all(each["error"] for each in theirs)
    assert [each["status"] for each in theirs] == [each.status for each in mine]


def test_a_connection_that_is_refused(told: Told) -> None:
    uri, bounds, theirs = told["gone"]
    mine = ours(uri, bounds)
    assert [each["error"] for each in theirs] == [each.error for each in mine] == ["connect"] * 3
