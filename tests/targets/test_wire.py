"""Prompts as data, protocols by name, JSON as the standard has it."""

from __future__ import annotations

import json

import pytest

from seatrial.core.errors import UsageError
from seatrial.targets import wire
from seatrial.targets.config import TargetConfig
from seatrial.targets.wire import Prompt, WireRequest, decode_json, encode_json, protocol_for, register

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]


def test_a_prompt_from_text_messages_and_prompts() -> None:
    assert Prompt.of("Hi").messages == ({"role": "user", "content": "Hi"},)
    assert Prompt.of(MESSAGES).messages == tuple(MESSAGES)
    base = Prompt.of("Hi", max_tokens=5, params={"seed": 1, "top_p": 1}, model="a")
    changed = Prompt.of(base, max_tokens=7, params={"seed": 2})
    assert (changed.max_tokens, changed.params, changed.model) == (7, {"seed": 2, "top_p": 1}, "a")
    assert base.max_tokens == 5


def test_the_text_of_a_prompt_is_its_last_message() -> None:
    assert Prompt.of(MESSAGES).text == "Hi"
    parts = [{"type": "text", "text": "What is "}, {"type": "image_url"}, {"type": "text", "text": "this?"}]
    assert Prompt.of([{"role": "user", "content": parts}]).text == "What is this?"
    assert Prompt(()).text == ""


def test_a_prompt_goes_through_json_and_back() -> None:
    prompt = Prompt.of(MESSAGES, max_tokens=5, tools=[{"type": "function"}], params={"seed": 0}, model="m")
    assert Prompt.from_dict(json.loads(json.dumps(prompt.to_dict()))) == prompt
    assert Prompt.of("Hi").to_dict() == {"messages": [{"role": "user", "content": "Hi"}]}
    assert Prompt.from_dict({"prompt": "Hi"}) == Prompt.from_dict({"text": "Hi"}) == Prompt.of("Hi")


@pytest.mark.parametrize("data", [{}, {"prompt": ""}, {"messages": 5}])
def test_a_prompt_without_content_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="needs `messages`"):
        Prompt.from_dict(data)


def test_an_unknown_protocol_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no protocol 'smtp'") as caught:
        protocol_for(TargetConfig(name="bot", uri="http://h", protocol="smtp"))
    assert "anthropic-messages, http-json, openai-chat" in str(caught.value)


def test_a_protocol_can_be_added_but_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PROTOCOLS", dict(wire.PROTOCOLS))

    class Mine:
        def __init__(self, config: TargetConfig) -> None:
            self.config = config

    register("mine", Mine)  # type: ignore[arg-type]
    register("mine", Mine)  # type: ignore[arg-type]
    assert isinstance(protocol_for(TargetConfig(uri="http://h", protocol="mine")), Mine)
    with pytest.raises(UsageError, match="exists already"):
        register("openai-chat", Mine)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["openai-chat", "anthropic-messages", "http-json"])
@pytest.mark.parametrize("stream", [False, True])
def test_every_protocol_builds_json_from_any_text(name: str, stream: bool) -> None:
    hostile = 'quote " backslash \\ brace {{prompt}} newline \n nul \0 surrogate \ud800 emoji 🙂'
    config = TargetConfig(uri="http://h/v1", protocol=name, model="m")
    request = protocol_for(config).build(Prompt.of(hostile), stream)
    assert isinstance(request, WireRequest)
    assert request.stream is stream
    if request.body:
        json.loads(request.body)


def test_json_without_bytes_in_utf8_goes_as_an_escape() -> None:
    assert encode_json({"a": "ü"}) == '{"a":"ü"}'.encode()
    assert encode_json({"a": "\ud800"}) == b'{"a":"\\ud800"}'


@pytest.mark.parametrize(
    "text", ["NaN", '{"a": Infinity}', "", "{", '{"a":1} x', "[" * 100_000, "\ufeff{}", "'a'"]
)
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the message is json's own)
        decode_json(text)


@pytest.mark.parametrize("text", ['{"a": 1}', ' {"a": 1} \n', "5", "[1]", '"x"', "null"])
def test_what_is_json_is_read(text: str) -> None:
    assert decode_json(text) == json.loads(text)
