from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any
from unittest import mock

import pytest

from seatrial.systems.reference.chat_request import ChatRequest
from seatrial.systems.reference.providers.base import Event, Piece, Tag
from seatrial.systems.reference.providers.builtin import BuiltinProvider
from tests.systems.reference.asgi import WEATHER, Client, Reply, run


def stream(**fields: object) -> Reply:
    reply = run(lambda: Client().stream(**fields))  # type: ignore[arg-type]
    assert isinstance(reply, Reply)
    return reply


def test_a_stream_has_at_least_five_chunks_each_sent_on_its_own_with_pauses_between() -> None:
    reply = stream()
    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    content = [
        chunk for chunk in reply.chunks if chunk["choices"] and chunk["choices"][0]["delta"].get("content")
    ]
    assert len(content) >= 5
    assert len(reply.parts) == len(content) + 1
    assert len(reply.pauses) == len(content)
    assert 0.01 < sum(reply.pauses) < 0.06


def test_a_stream_ends_with_its_reason_its_usage_and_done() -> None:
    reply = stream()
    assert reply.events[-1] == "[DONE]"
    assert reply.chunks[-1]["choices"] == []
    assert reply.chunks[-1]["usage"]["completion_tokens"] > 0
    assert reply.chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert len({chunk["id"] for chunk in reply.chunks}) == 1


def test_usage_is_told_only_where_it_was_asked_for() -> None:
    reply = run(lambda: Client().chat(stream=True))
    assert reply.usage is None
    assert reply.events[-1] == "[DONE]"


@pytest.mark.parametrize("content", ["Hello?", "Où est le phare ?", "What will the weather be?"])
@pytest.mark.parametrize("fields", [{}, {"max_tokens": 3}, {"temperature": 0.9, "seed": 4}])
def test_streamed_and_unstreamed_answers_agree(content: str, fields: dict[str, Any]) -> None:
    client = Client()
    one = run(lambda: client.chat(content, **fields))
    other = run(lambda: client.stream(content, **fields))
    assert one.text == other.text
    assert one.json["choices"][0]["finish_reason"] == other.finish_reason
    assert one.json["usage"] == other.usage


def test_a_tool_call_is_streamed_in_parts() -> None:
    reply = stream(tools=[WEATHER], tool_choice="required")
    whole = run(lambda: Client().chat(tools=[WEATHER], tool_choice="required"))
    deltas = [choice["delta"] for chunk in reply.chunks for choice in chunk["choices"]]
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    expected = whole.json["choices"][0]["message"]["tool_calls"][0]
    assert "".join(call["function"]["arguments"] for call in calls) == expected["function"]["arguments"]
    assert [call["function"].get("name") for call in calls][:2] == ["get_weather", None]
    assert reply.finish_reason == "tool_calls"


def _breaks(after: int) -> mock._patch[object]:
    async def generate(self: BuiltinProvider, ask: ChatRequest, tag: Tag) -> AsyncGenerator[Event, None]:
        for _ in range(after):
            yield Piece("word ")

    return mock.patch.object(BuiltinProvider, "generate", generate)


def test_a_cut_in_the_middle_is_told_in_the_stream_and_never_as_complete() -> None:
    with _breaks(after=2):
        reply = stream()
    assert reply.status == 200
    assert reply.chunks[-1]["error"]["code"] == "upstream_cut"
    assert reply.finish_reason is None
    assert "[DONE]" not in reply.events


def test_a_cut_before_the_first_chunk_is_a_status() -> None:
    with _breaks(after=0):
        reply = run(lambda: Client().stream())
    assert reply.status == 502
    assert reply.json["error"]["code"] == "upstream_cut"


def test_a_cut_of_an_unstreamed_answer_is_a_status() -> None:
    with _breaks(after=2):
        reply = run(lambda: Client().chat())
    assert reply.status == 502
