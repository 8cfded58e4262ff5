"""The synchronous face: what a test can send, and what it gets to see."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.exchange import ErrorKind
from seatrial.targets.config import Timeouts
from seatrial.targets.secret import Secret
from seatrial.targets.target import HttpJson, Target, TargetConfig
from seatrial.targets.wire import Prompt
from tests.targets.conftest import CANARY
from tests.targets.servers import Visit, well_behaved, whole

MakeTarget = Callable[..., Target]


async def mirror(visit: Visit) -> None:
    """Answers with the request itself, as text."""
    while True:
        await visit.send(whole(await visit.request(), headers="content-type: text/plain\r\n"))


def test_send_in_every_form(target: MakeTarget) -> None:
    made = target(well_behaved)
    for prompt in ("Hi", [{"role": "user", "content": "Hi"}], Prompt.of("Hi")):
        exchange = made.send(prompt)
        assert exchange.text == "Hello there."
        assert exchange.raw is not None
        assert exchange.raw.header("Content-Type") == "application/json"
        assert json.loads(exchange.raw.body)["model"] == "small"
    streamed = made.send("Hi", stream=True)
    assert streamed.streamed
    assert streamed.raw is not None
    assert [data for _, data in streamed.raw.events][-1] == "[DONE]"
    assert made.send("Hi", keep_raw=False).raw is None
    assert made.count == 5


def sent(made: Target, **changes: Any) -> str:
    """The request that *changes* lead to."""
    made.send("Hi", **changes)
    return made.server.requests[-1].decode()  # type: ignore[attr-defined,no-any-return]


def test_what_can_be_overridden(target: MakeTarget) -> None:
    made = target(mirror)
    assert f"Bearer {CANARY}" in sent(made)
    assert "authorization" not in sent(made, api_key=None)
    assert "Bearer other-key" in sent(made, api_key="other-key")
    assert "Bearer third-key" in sent(made, api_key=Secret("third-key"))
    assert '"model":"big"' in sent(made, model="big")
    assert '"seed":7' in sent(made, params={"seed": 7})
    assert '"max_tokens":3' in sent(made, max_tokens=3)
    assert sent(made, path="/other").startswith("POST /other HTTP/1.1")
    assert sent(made, path="embeddings").startswith("POST /v1/embeddings HTTP/1.1")
    assert sent(made, method="PUT").startswith("PUT /v1/chat/completions")
    assert "x-tag: a" in sent(made, headers={"X-Tag": "a"})
    assert "content-type" not in sent(made, headers={"Content-Type": None})
    for body, length, end in ((b"{broken", 7, "{broken"), ('"ü"', 4, '"ü"'), (b"", 0, "")):
        request = sent(made, raw_body=body)
        assert f"\r\ncontent-length: {length}\r\n" in request
        assert request.endswith("\r\n\r\n" + end)


def test_keys_it_was_ever_called_with_are_hidden(target: MakeTarget) -> None:
    made = target(mirror)
    exchange = made.send("Hi", api_key="another-canary-key", method="POST", raw_body=b"")
    assert exchange.error is ErrorKind.MALFORMED
    assert "canary" not in exchange.detail
    assert made.redactor.redact(f"{CANARY} another-canary-key") == "[redacted] [redacted]"


def test_get_reads_any_page(target: MakeTarget) -> None:
    async def pages(visit: Visit) -> None:
        while True:
            path = (await visit.request()).split(b" ")[1]
            status = "404 Not Found" if path == b"/none" else "200 OK"
            await visit.send(whole(path, status=status, headers=""))

    made = target(pages)
    assert made.get("/health").text == "/health"
    assert made.get("models").text == "/v1/models"
    assert made.get("/metrics?x=1").raw.body == b"/metrics?x=1"  # type: ignore[union-attr]
    missing = made.get("/none")
    assert (missing.error, missing.status, missing.text) == (ErrorKind.HTTP_STATUS, 404, "/none")
    assert made.count == 4


def test_send_many_keeps_order_and_concurrency(target: MakeTarget) -> None:
    most, now = 0, 0

    async def echo(visit: Visit) -> None:
        nonlocal most, now
        while True:
            request = await visit.request()
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.01)
            now -= 1
            await visit.send(whole(json.dumps({"text": request.rpartition(b"\r\n")[2].decode()}).encode()))

    options = HttpJson(body={"q": "{{prompt}}"}, answer="$.text")
    made = target(echo, protocol="http-json", http_json=options)
    made.get("/warm-up")
    exchanges = made.send_many([f"p{number}" for number in range(8)], concurrency=3)
    assert [json.loads(exchange.text)["q"] for exchange in exchanges] == [f"p{number}" for number in range(8)]
    assert [exchange.index for exchange in exchanges] == list(range(1, 9))
    assert [exchange.prompt for exchange in exchanges] == list(range(8))
    assert made.count == 9
    assert 1 < most <= 3


def test_it_works_while_a_loop_is_running_and_from_threads(target: MakeTarget) -> None:
    made = target(well_behaved)

    async def inside() -> bool:
        return made.send("Hi").ok

    assert asyncio.run(inside())
    results: list[bool] = []
    threads = [threading.Thread(target=lambda: results.append(made.send("Hi").ok)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 5


def test_closing_leaves_nothing_behind(target: MakeTarget) -> None:
    made = target(well_behaved)
    made.send("Hi")
    names = {thread.name for thread in threading.enumerate()}
    assert "seatrial-target" in names
    made.close()
    made.close()
    assert "seatrial-target" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(HarnessError, match="closed already"):
        made.send("Hi")


def test_closing_an_unused_target_starts_nothing() -> None:
    with Target(TargetConfig(uri="http://127.0.0.1:1")) as made:
        assert made._thread is None


def test_what_cannot_be_sent_is_a_usage_error(target: MakeTarget) -> None:
    made = target(well_behaved)
    with pytest.raises(UsageError, match="the value of x-tag"):
        made.send("Hi", headers={"x-tag": "a\nb"})
    with pytest.raises(UsageError, match="not a path"):
        made.get("/a b")
    assert made.count == 0


def test_a_key_is_nowhere_in_what_a_test_may_print(target: MakeTarget) -> None:
    made = target(well_behaved)
    exchange = made.send("Hi")
    assert "canary" not in repr([made, made.config, exchange, vars(made)])


def test_timeouts_for_one_request(target: MakeTarget) -> None:
    async def silent(visit: Visit) -> None:
        await visit.request()
        await visit.forever()

    exchange = target(silent).send("Hi", timeouts=Timeouts(1, 0.05, 1, 1))
    assert exchange.error is ErrorKind.TIMEOUT_FIRST_BYTE
