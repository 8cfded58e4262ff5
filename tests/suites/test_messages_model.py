"""The suites against a server that speaks Anthropic's messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.core.outcome import Outcome
from seatrial.targets.config import TargetConfig
from seatrial.targets.target import Target
from tests.suites.gateways import served
from tests.suites.running import items, run, run_all
from tests.suites.scripted import WORDS

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

ITEMS = {item.name: item for item in items("contract")}


def server(wrong: str = "") -> Starlette:
    """Answers always the same; *wrong* names the one thing that it does wrong."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, StreamingResponse
    from starlette.routing import Route

    async def messages(request: Request) -> Response:
        try:
            asked = json.loads(await request.body())
            _check(asked)
        except (ValueError, TypeError, KeyError, RecursionError):
            return _error("invalid_request_error", 400, wrong)
        if asked["model"] != "solo":
            return _error("not_found_error", 404, wrong)
        answer = _answer(asked)
        if asked.get("stream"):
            return StreamingResponse(_events(answer, wrong), media_type="text/event-stream")
        return JSONResponse(answer)

    async def missing(request: Request, error: Exception) -> Response:
        return _error("not_found_error", 404, wrong)

    routes = [Route("/v1/messages", messages, methods=["POST"])]
    return Starlette(routes=routes, exception_handlers={404: missing, 405: missing})


def _check(asked: Any) -> None:
    for message in asked["messages"]:
        if message["role"] not in ("user", "assistant") or not isinstance(message["content"], (str, list)):
            raise ValueError
    if not asked["messages"] or type(asked["max_tokens"]) is not int or asked["max_tokens"] < 1:
        raise ValueError
    if not isinstance(asked.get("temperature", 1), (int, float)):
        raise TypeError


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    words, reason = WORDS[: asked["max_tokens"]], "end_turn"
    for stop in asked.get("stop_sequences", ()):
        if stop in words:
            words, reason = words[: words.index(stop)], "stop_sequence"
    if reason == "end_turn" and len(words) < len(WORDS):
        reason = "max_tokens"
    prompt = len(json.dumps(asked["messages"]).split())
    usage = {"input_tokens": 1, "cache_read_input_tokens": prompt, "output_tokens": len(words)}
    content = [{"type": "text", "text": " ".join(words)}]
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "solo"}
    return {**head, "content": content, "stop_reason": reason, "usage": usage}


async def _events(answer: dict[str, Any], wrong: str) -> AsyncIterator[str]:
    start = {**answer, "content": [], "stop_reason": None}
    yield _event("message_start", message=start)
    yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for word in answer["content"][0]["text"].split(" "):
        text = word if word == WORDS[0] else f" {word}"
        yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})
        await asyncio.sleep(0.002)
    if wrong != "block left open":
        yield _event("content_block_stop", index=0)
    reason = "stop" if wrong == "foreign stop reason" else answer["stop_reason"]
    count = {"output_tokens": answer["usage"]["output_tokens"]}
    yield _event("message_delta", delta={"stop_reason": reason}, usage=count)
    if wrong != "no message_stop":
        yield _event("message_stop")


def _event(kind: str, **fields: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"


def _error(kind: str, status: int, wrong: str) -> Response:
    from starlette.responses import JSONResponse

    error: dict[str, Any] = {"error": {"type": kind, "message": "this cannot be done"}}
    if wrong != "untyped error":
        error["type"] = "error"
    return JSONResponse(error, status_code=status)


@contextmanager
def target(wrong: str = "") -> Iterator[Target]:
    with served(server(wrong)) as root:
        config = TargetConfig(name="bot", protocol="anthropic-messages", uri=f"{root}/v1", model="solo")
        with Target(config) as there:
            yield there


def test_a_well_kept_server_is_green_or_not_applicable() -> None:
    with target() as there:
        results = {**run_all("contract", there), **run_all("identity", there)}
    green = (Outcome.PASSED, Outcome.NOT_APPLICABLE)
    assert not {name: result for name, result in results.items() if result.outcome not in green}
    assert sum(result.outcome is Outcome.PASSED for result in results.values()) >= 40


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ("untyped error", "test_errors::test_an_error_is_typed_json"),
        ("block left open", "test_stream::test_a_stream_is_well_formed"),
        ("no message_stop", "test_stream::test_a_stream_ends_as_the_protocol_says"),
        ("foreign stop reason", "test_finish_reason::test_the_finish_reason_is_one_of_the_protocol"),
    ],
)
def test_what_breaks_the_protocol_is_red(wrong: str, name: str) -> None:
    with target(wrong) as there:
        result = run(ITEMS[name], there)
    assert result.outcome is Outcome.FAILED, result
