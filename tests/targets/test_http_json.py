"""Any REST model: templates that stay JSON, answers by JSONPath."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.exchange import ErrorKind, Usage
from seatrial.targets.config import HttpJson, TargetConfig
from seatrial.targets.http_json import HttpJsonModel
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Answer, Prompt

HOSTILE = 'quote " backslash \\ {{model}} newline \n nul \0 emoji 🙂'


def model(**options: Any) -> HttpJsonModel:
    return HttpJsonModel(
        TargetConfig(uri="http://h", protocol="http-json", model="m", http_json=HttpJson(**options))
    )


def read(protocol: HttpJsonModel, *parts: bytes, stream: bool = False, status: int = 200) -> Answer:
    reader = protocol.reader(stream)
    reader.head(status, [(b"content-type", b"text/event-stream" if stream else b"application/json")])
    for number, part in enumerate(parts):
        reader.feed(part, 1.0 + number)
    return reader.finish(9.0)


@pytest.mark.parametrize(
    "body",
    [
        {
            "inputs": ["{{prompt}}", "Q: {{prompt}} A:"],
            "n": "{{max_tokens}}",
            "m": "{{ model }}",
            "k": 5,
            "s": "{{stream}}",
        },
        '{"inputs": ["{{prompt}}", "Q: {{prompt}} A:"], "n": "{{max_tokens}}", "m": "{{ model }}",'
        ' "k": 5, "s": "{{stream}}"}',
        '{"inputs": [{{prompt}}, "Q: {{prompt}} A:"], "n": {{max_tokens}}, "m": {{ model }},'
        ' "k": 5, "s": {{stream}}}',
    ],
)
def test_the_body_is_json_whatever_the_prompt_holds(body: Any) -> None:
    request = model(body=body).build(Prompt.of(HOSTILE, max_tokens=7), False)
    asked = json.loads(request.body)
    assert asked == {"inputs": [HOSTILE, f"Q: {HOSTILE} A:"], "n": 7, "m": "m", "k": 5, "s": False}


def test_params_and_messages_are_placeholders_too() -> None:
    prompt = Prompt.of("Hi", params={"rows": [[1.5, 2]], "top": 3})
    body = {"x": "{{rows}}", "chat": "{{messages}}", "text": "top {{top}} of {{rows}}"}
    asked = json.loads(model(body=body).build(prompt, False).body)
    assert asked == {
        "x": [[1.5, 2]],
        "chat": [{"role": "user", "content": "Hi"}],
        "text": "top 3 of [[1.5, 2]]",
    }


def test_an_unknown_placeholder_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"put in place of \{\{rows\}\}") as caught:
        model(body={"x": "{{rows}}"}).build(Prompt.of("Hi"), False)
    assert "max_tokens, messages, model, prompt" in str(caught.value)


def test_method_path_headers_and_no_body() -> None:
    request = model(method="get", path="v2/predict", headers={"X-Tag": Secret("t")}).build(
        Prompt.of("Hi"), False
    )
    assert (request.method, request.path, request.body) == ("GET", "v2/predict", b"")
    assert request.headers == (("accept", "application/json"), ("X-Tag", Secret("t")))
    ((name, value),) = model().authorize(Secret("k"))
    assert (name, value.reveal()) == ("authorization", "Bearer k")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"body": '{"a": }'}, "not JSON"),
        ({"answer": "$.[["}, "not a JSONPath"),
        ({"answer": ""}, "not a JSONPath"),
        ({"error": "$.["}, "not a JSONPath"),
        ({"headers": {"a b": "x"}}, "not a header name"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        model(**options)
    assert "http_json" in str(caught.value.where)


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("$.outputs[0].text", {"outputs": [{"text": "Hello"}]}, "Hello"),
        ("$.score", {"score": 0.25}, "0.25"),
        ("$.label", {"label": False}, "false"),
        ("$.outputs[*].text", {"outputs": [{"text": "a"}, {"text": "b"}]}, '["a", "b"]'),
        ("$.outputs", {"outputs": [1, 2]}, "[1, 2]"),
        ("$", [1, 2], "[1, 2]"),
        (None, {"any": "thing"}, '{"any": "thing"}'),
    ],
)
def test_the_answer_is_found(path: str | None, body: Any, text: str) -> None:
    answer = read(model(answer=path), json.dumps(body).encode())
    assert (answer.error, answer.text, answer.first_chunk) == (None, text, 9.0)


def test_facts_beside_the_answer() -> None:
    paths = {"finish_reason": "$.why", "model": "$.by", "input_tokens": "$.n[0]", "output_tokens": "$.n[1]"}
    answer = read(model(answer="$.a", **paths), b'{"a": "x", "why": "stop", "by": "m-2", "n": [3, 4]}')
    assert (answer.finish_reason, answer.model, answer.usage) == ("stop", "m-2", Usage(3, 4))
    bare = read(model(answer="$.a", **paths), b'{"a": "x", "n": ["3", true]}')
    assert (bare.finish_reason, bare.model, bare.usage) == (None, None, None)


def test_answers_that_are_none() -> None:
    protocol = model(answer="$.a", error="$.problem")
    missing = read(protocol, b'{"b": "x"}')
    assert missing.error is ErrorKind.MALFORMED
    assert "nothing at $.a" in missing.detail
    assert read(protocol, b'{"a": ""}').error is ErrorKind.EMPTY
    assert read(protocol, b'{"a": null}').error is ErrorKind.EMPTY
    assert read(protocol, b"{").error is ErrorKind.MALFORMED
    failed = read(protocol, b'{"problem": "out of memory"}')
    assert failed.error is ErrorKind.STREAM_ERROR
    assert "out of memory" in failed.detail
    assert read(protocol, b'{"detail": "no such model"}', status=404).error is ErrorKind.HTTP_STATUS


def test_a_stream_gives_its_pieces() -> None:
    events = [b'data: {"t": "a"}\n\n', b'data: {"t": null}\n\n', b'data: {"t": "b"}\n\n', b"data: [END]\n\n"]
    answer = read(model(answer="$.t", end="[END]"), *events, stream=True)
    assert (answer.error, answer.text, answer.first_chunk, answer.gaps) == (None, "ab", 1.0, (2.0,))
    cut = read(model(answer="$.t", end="[END]"), *events[:-1], stream=True)
    assert (cut.error, cut.text) == (ErrorKind.TRUNCATED, "ab")
    assert read(model(answer="$.t"), *events[:-1], stream=True).error is None
    assert read(model(answer="$.t"), stream=True).error is ErrorKind.EMPTY
    assert (
        read(model(answer="$.t"), b"event: error\ndata: no\n\n", stream=True).error is ErrorKind.STREAM_ERROR
    )
    assert read(model(answer="$.t"), b"data: {\n\n", stream=True).error is ErrorKind.MALFORMED
    assert (
        read(model(answer="$.t", error="$.e"), b'data: {"e": 1}\n\n', stream=True).error
        is ErrorKind.STREAM_ERROR
    )
