from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from seatrial.bundled import bundled
from seatrial.systems.reference import model, tokenizer
from seatrial.systems.reference.chat_request import ChatRequest
from tests.systems.reference.asgi import PLACE, WEATHER


def ask(content: str = "How do I reset my password?", **fields: Any) -> ChatRequest:
    messages = fields.pop("messages", [{"role": "user", "content": content}])
    body = {"model": "small", "messages": messages, **fields}
    return ChatRequest.model_validate_json(json.dumps(body))


def text(request: ChatRequest, seed: int = 0) -> str:
    return "".join(model.answer(request, seed=seed).pieces)


def bundled_prompts() -> list[str]:
    lines = (bundled("fixtures") / "prompts" / "chat-short.jsonl").read_text(encoding="utf-8").splitlines()
    return [row["prompt"] for row in map(json.loads, lines) if "prompt" in row]


def test_the_same_question_gets_the_same_answer() -> None:
    assert text(ask()) == text(ask())
    assert text(ask()) == text(ask(stream=True, user="somebody"))


@pytest.mark.parametrize(
    "fields",
    [{"seed": 7}, {"temperature": 0.5}, {"top_p": 0.5}, {"model": "large"}],
    ids=["seed", "temperature", "top_p", "model"],
)
def test_other_parameters_change_some_answers(fields: dict[str, Any]) -> None:
    assert any(text(ask(prompt)) != text(ask(prompt, **fields)) for prompt in bundled_prompts()[:10])


def test_the_gateways_seed_counts_where_the_request_names_none() -> None:
    assert text(ask(seed=7), seed=1) == text(ask(seed=7), seed=2)
    assert any(text(ask(prompt), seed=1) != text(ask(prompt), seed=2) for prompt in bundled_prompts()[:10])


def test_answers_to_all_bundled_prompts_have_8_to_40_tokens_and_some_are_not_ascii() -> None:
    answers = [text(ask(prompt)) for prompt in bundled_prompts()]
    lengths = [tokenizer.count(answer) for answer in answers]
    assert min(lengths) >= model.MIN_TOKENS
    assert max(lengths) <= model.MAX_TOKENS
    assert len(set(answers)) > 0.9 * len(answers)
    assert sum(not answer.isascii() for answer in answers) > len(answers) / 10


def test_max_tokens_cuts_and_says_so() -> None:
    whole, cut = model.answer(ask()), model.answer(ask(max_tokens=4))
    assert cut.pieces == whole.pieces[:4]
    assert (whole.finish_reason, cut.finish_reason) == ("stop", "length")
    assert model.answer(ask(max_tokens=len(whole.pieces))).finish_reason == "stop"


def test_max_completion_tokens_is_the_newer_name_and_wins() -> None:
    assert len(model.answer(ask(max_tokens=9, max_completion_tokens=3)).pieces) == 3


@pytest.mark.parametrize("stop", ["the", ["zzz", "the"], ["the", ""]])
def test_a_stop_sequence_ends_the_answer_before_itself(stop: Any) -> None:
    prompt = next(prompt for prompt in bundled_prompts() if "the" in text(ask(prompt)))
    whole = text(ask(prompt))
    cut = model.answer(ask(prompt, stop=stop))
    assert "".join(cut.pieces) == whole[: whole.index("the")]
    assert cut.finish_reason == "stop"


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_a_tool_that_must_be_called_is_called_with_fitting_arguments(choice: Any) -> None:
    answer = model.answer(ask(tools=[WEATHER], tool_choice=choice))
    assert answer.finish_reason == "tool_calls"
    assert answer.tool is not None
    assert answer.tool[0] == "get_weather"
    jsonschema.validate(json.loads("".join(answer.pieces)), PLACE)


@pytest.mark.parametrize(
    ("content", "choice", "called"),
    [
        ("What will the weather be?", None, True),
        ("What will the weather be?", "none", False),
        ("Tell me a joke.", "auto", False),
    ],
)
def test_a_tool_is_called_where_the_question_is_about_it(content: str, choice: Any, called: bool) -> None:
    assert (model.answer(ask(content, tools=[WEATHER], tool_choice=choice)).tool is not None) is called


def test_the_result_of_a_tool_is_answered_in_words() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "What will the weather be?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
    ]
    assert model.answer(ask(messages=messages, tools=[WEATHER])).tool is None


def test_json_object_is_an_object() -> None:
    assert isinstance(json.loads(text(ask(response_format={"type": "json_object"}))), dict)


def test_json_schema_is_kept() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": PLACE}}
    jsonschema.validate(json.loads(text(ask(response_format=form))), PLACE)


def test_the_parts_of_a_content_are_one_text() -> None:
    parts = [{"type": "text", "text": "How do I "}, {"type": "text", "text": "reset my password?"}]
    assert text(ask(messages=[{"role": "user", "content": parts}])) == text(ask())
