"""The shape of an answer, and that there is one."""

from __future__ import annotations

from .probe import PROMPTS, Probe, content_type, failed, is_json, listed, manner, parsed, told

LOOKS = 4


def test_an_answer_has_the_shape_of_its_protocol(probe: Probe) -> None:
    """An answer has the shape that its protocol promises."""
    exchange = probe.reply(max_tokens=8)
    kind = content_type(exchange)
    if not is_json(kind):
        failed(f"content type {kind!r} for an unstreamed answer")
    body = parsed(exchange)
    if body is None:
        failed(f"status 200, and the body is not JSON: {told(exchange)}")
    problems = probe.dialect.answer(body)
    if problems:
        failed(listed(problems))


def test_an_answer_is_never_empty(probe: Probe) -> None:
    """No answer is empty while it claims to be whole."""
    for number in range(LOOKS):
        streamed = probe.dialect.chat and number % 2 == 1
        exchange = probe.reply(PROMPTS[number % len(PROMPTS)], stream=streamed)
        said_something = exchange.text.strip() or exchange.tool_calls
        whole = not probe.dialect.chat or exchange.finish_reason in probe.dialect.whole
        if whole and not said_something:
            failed(f"answer {number + 1} of {LOOKS} ({manner(exchange)}) is empty: {told(exchange)}")
