from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import pytest

from seatrial.chaos.asking import Asker, Seen, marked, marks, seen
from seatrial.core.exchange import ErrorKind, Exchange, Raw
from seatrial.load.prompts import PromptSet
from seatrial.targets.client import Client
from seatrial.targets.wire import Prompt


def answer(error: ErrorKind | None = None, body: bytes = b"", **more: Any) -> Exchange:
    headers = (("content-type", "application/json"), *more.pop("headers", ()))
    return Exchange(0, 0.0, 0.0, 1.0, error=error, raw=Raw(headers, body), **more)


def test_each_request_carries_a_reference_of_its_own() -> None:
    prompt = Prompt.of([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}])
    first, second = marked(prompt, "a1"), marked(prompt, "b2")
    assert first.messages[0]["content"] == "Be brief."
    assert first.messages[1]["content"] == "Hello\n\n(Reference a1.)"
    assert second.messages[1]["content"] != first.messages[1]["content"]
    assert prompt.messages[1]["content"] == "Hello"


def test_a_prompt_without_text_goes_out_as_it_is() -> None:
    prompt = Prompt.of([{"role": "user", "content": [{"type": "image_url"}]}])
    assert marked(prompt, "a1").messages == prompt.messages


OPENAI = {"error": {"message": "No provider.", "type": "server_error", "code": None}}
ANTHROPIC = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


@pytest.mark.parametrize(
    ("error", "body", "typed"),
    [
        (None, b"", None),
        (ErrorKind.HTTP_STATUS, json.dumps(OPENAI).encode(), True),
        (ErrorKind.HTTP_STATUS, json.dumps(ANTHROPIC).encode(), True),
        (ErrorKind.HTTP_STATUS, b'{"error": "boom"}', False),
        (ErrorKind.HTTP_STATUS, b'{"error": {"message": "", "type": "x"}}', False),
        (ErrorKind.HTTP_STATUS, b'{"error": {"message": "boom"}}', False),
        (ErrorKind.HTTP_STATUS, b"[]", False),
        (ErrorKind.HTTP_STATUS, b"Internal Server Error", False),
        (ErrorKind.STREAM_ERROR, b"", True),
        (ErrorKind.TRUNCATED, b"", False),
        (ErrorKind.TIMEOUT_TOTAL, b"", False),
    ],
)
def test_an_error_is_typed_when_it_says_what_and_which_kind(
    error: ErrorKind | None, body: bytes, typed: bool | None
) -> None:
    found = seen(answer(error, body, status=503, model="small"), 1.0, 2.0)
    assert (found.typed, found.good, found.status, found.model) == (typed, error is None, 503, "small")


def test_what_marks_an_answer_as_degraded() -> None:
    headers = (("x-degraded", "local-fallback"), ("x-litellm-attempted-fallbacks", "0"), ("x-provider", "a"))
    assert marks(Raw(headers, b"")) == ("x-degraded: local-fallback",)
    assert marks(Raw((("x-litellm-attempted-fallbacks", "1"),), b"")) != ()


class Wire:
    """A client that answers at once, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.prompts: list[int] = []

    def prepare(self, prompt: Prompt, **_more: Any) -> Prompt:
        return prompt

    def begin(self, asked: Prompt, then: Callable[[Exchange], None], **more: Any) -> None:
        self.asked.append(str(asked.messages[-1]["content"]))
        self.prompts.append(more["prompt"])
        then(Exchange(more["index"], 0.0, 0.0, 1.0, status=200))


@pytest.mark.parametrize("alike", [1, 3])
def test_requests_in_a_row_ask_the_same_where_that_is_wanted(alike: int) -> None:
    wire, told = Wire(), list[Seen]()
    prompts = PromptSet("own", tuple(Prompt.of(f"Prompt {number}") for number in range(9)), "sha256:0", ())
    client = cast("Client", wire)
    asker = Asker(
        client, prompts, stream=False, draw="x", told=told.append, began=lambda zero: None, alike=alike
    )
    for number in range(9):
        asker.begin(number, lambda _: None, index=number, intended=0.0, zero=0.0, failed=print)
    assert wire.prompts == [number - number % alike for number in range(9)]
    assert len(set(wire.asked)) == len({each.question for each in told}) == 9 // alike
    assert all(each.question in text for each, text in zip(told, wire.asked, strict=True))
