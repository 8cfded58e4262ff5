from __future__ import annotations

import json

from seatrial.systems.reference.providers.base import End, Piece, ToolPiece
from seatrial.systems.reference.sse import Answer, ChunkWriter


def answer() -> Answer:
    return Answer("chatcmpl-1", 1_763_596_800, "small", "fp_0")


def data(event: bytes) -> dict[str, object]:
    assert event.startswith(b"data: ")
    assert event.endswith(b"\n\n")
    read = json.loads(event[6:])
    assert isinstance(read, dict)
    return read


def test_chunks_have_openais_shape_and_the_first_carries_the_role() -> None:
    writer = ChunkWriter(answer())
    first, second = data(writer.event(Piece('À "x"\n'))), data(writer.event(Piece("y")))
    assert first == {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_763_596_800,
        "model": "small",
        "system_fingerprint": "fp_0",
        "choices": [
            {
                "index": 0,
                "delta": {"role": "assistant", "content": 'À "x"\n'},
                "logprobs": None,
                "finish_reason": None,
            }
        ],
    }
    assert second["choices"] == [
        {"index": 0, "delta": {"content": "y"}, "logprobs": None, "finish_reason": None}
    ]


def test_an_empty_answer_still_has_a_role() -> None:
    choices = data(ChunkWriter(answer()).finish("stop"))["choices"]
    assert choices == [
        {"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": "stop"}
    ]


def test_the_usage_chunk_has_no_choices() -> None:
    chunk = data(ChunkWriter(answer()).usage({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}))
    assert chunk["choices"] == []
    assert chunk["usage"] == {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def test_a_whole_answer_is_what_its_events_were() -> None:
    whole = answer()
    for event in (Piece("Hello"), Piece(" you"), End("stop", 4, 2)):
        whole.add(event)
    body = whole.body()
    assert body["object"] == "chat.completion"
    assert body["choices"][0]["message"] == {"role": "assistant", "content": "Hello you"}
    assert body["usage"] == {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6}


def test_a_tool_call_is_put_together() -> None:
    whole = answer()
    for event in (ToolPiece(0, '{"a"', id="c1", name="f"), ToolPiece(0, ": 1}"), End("tool_calls", 1, 1)):
        whole.add(event)
    message = whole.body()["choices"][0]["message"]
    assert message["content"] is None
    function = {"name": "f", "arguments": '{"a": 1}'}
    assert message["tool_calls"] == [{"id": "c1", "type": "function", "function": function}]


def test_usage_that_the_provider_did_not_tell_is_not_invented() -> None:
    whole = answer()
    whole.add(End("stop", None, 2))
    assert whole.body()["usage"] is None
