"""Tests of ``http.status``: every shape, and Retry-After in both forms."""

from __future__ import annotations

import json
import time
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from seatrial.faults.ai.http_status import anthropic, generic, openai, shape_of
from tests.faults.rig import answering, ask, chat, inject, on_loop, plain, rig


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 503, 529])
@on_loop
async def test_any_status_is_answered_in_the_upstream_s_place(status: int) -> None:
    async with rig() as sea:
        proxy = await sea.proxy(await sea.upstream(answering(plain())), "openai-chat")
        toxic = inject(proxy, "http.status", status=status)
        answer = await ask(await sea.connect(proxy))
        assert (answer.status, answer.headers["content-type"]) == (status, "application/json")
        assert "retry-after" not in answer.headers
        assert str(status) in json.loads(answer.body)["error"]["message"]
        assert toxic.witness.hits == 1
        assert [(each.status, each.outcome) for each in proxy.recorder.attempts()] == [(status, "ok")]


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/v1/chat/completions", "openai"),
        ("/v1/embeddings", "openai"),
        ("/v1/messages", "anthropic"),
        ("/predict", "generic"),
    ],
)
@on_loop
async def test_the_body_goes_by_the_path(path: str, shape: str) -> None:
    assert shape_of(path) == shape
    keys = {"openai": {"error"}, "anthropic": {"type", "error"}, "generic": {"error", "message", "status"}}
    async with rig() as sea:
        proxy = await sea.proxy("127.0.0.1:1", "http")
        inject(proxy, "http.status", status=429, message="slow down")
        body: dict[str, Any] = json.loads((await ask(await sea.connect(proxy), chat("m", path))).body)
        assert set(body) == keys[shape]
        assert "slow down" in json.dumps(body)
        inject(proxy, "http.status", name="forced", status=429, shape="anthropic")
        proxy.remove_toxic("http.status_downstream")
        forced = json.loads((await ask(await sea.connect(proxy), chat("m", path))).body)
        assert forced["error"]["type"] == "rate_limit_error"


@pytest.mark.parametrize(
    ("status", "openai_type", "code", "anthropic_type"),
    [
        (429, "requests", "rate_limit_exceeded", "rate_limit_error"),
        (401, "invalid_request_error", "invalid_api_key", "authentication_error"),
        (529, "server_error", None, "overloaded_error"),
        (500, "server_error", None, "api_error"),
        (422, "invalid_request_error", None, "invalid_request_error"),
    ],
)
def test_error_classes(status: int, openai_type: str, code: str | None, anthropic_type: str) -> None:
    told = openai(status, "m")["error"]
    assert (told["type"], told["code"], told["param"]) == (openai_type, code, None)
    assert anthropic(status, "m")["error"] == {"type": anthropic_type, "message": "m"}
    assert generic(status, "m")["status"] == status


@on_loop
async def test_retry_after_in_seconds_and_as_a_date() -> None:
    async with rig() as sea:
        proxy = await sea.proxy("127.0.0.1:1", "http")
        inject(proxy, "http.status", status=429, retry_after="1500ms", every=2)
        inject(proxy, "http.status", name="date", status=429, retry_after="10s", retry_after_form="date")
        streams = await sea.connect(proxy)
        before = time.time()
        date = parsedate_to_datetime((await ask(streams)).headers["retry-after"])
        assert before + 10 <= date.timestamp() <= time.time() + 12
        assert (await ask(streams)).headers["retry-after"] == "2"  # whole seconds, and never fewer
