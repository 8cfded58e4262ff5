from __future__ import annotations

import pytest

from seatrial.core.exchange import ErrorKind
from tests.faults.ai.observed import ANTHROPIC, ARGUMENTS, OPENAI, observe


@pytest.mark.parametrize(
    ("how", "left"), [("truncated", '{"city"'), ("not_json", "Sure! Here are the arguments.")]
)
@pytest.mark.parametrize(("protocol", "stream"), [(OPENAI, True), (OPENAI, False), (ANTHROPIC, True)])
def test_arguments_cannot_be_read(protocol: str, stream: bool, how: str, left: str) -> None:
    fault = ("llm.malformed_tool_call", {"how": how, "keep": 7})
    seen = observe(fault, protocol=protocol, stream=stream, tool=True)
    assert seen.exchange.error is ErrorKind.MALFORMED
    assert seen.exchange.tool_calls == (("weather", left),)
    assert seen.hits == 1


@pytest.mark.parametrize("stream", [True, False])
def test_arguments_are_missing(stream: bool) -> None:
    seen = observe(("llm.malformed_tool_call", {"how": "empty"}), stream=stream, tool=True)
    assert (seen.exchange.error, seen.exchange.tool_calls) == (ErrorKind.MALFORMED, (("weather", ""),))


def test_an_object_inside_the_answer_becomes_a_text_that_is_none() -> None:
    seen = observe(("llm.malformed_tool_call", {}), protocol=ANTHROPIC, stream=False, tool=True)
    assert seen.exchange.tool_calls == (("weather", '"{"'),)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("protocol", [OPENAI, ANTHROPIC])
def test_the_tool_is_one_that_nobody_offered(protocol: str, stream: bool) -> None:
    fault = ("llm.malformed_tool_call", {"how": "unknown_tool"})
    seen = observe(fault, protocol=protocol, stream=stream, tool=True)
    ((name, arguments),) = seen.exchange.tool_calls
    assert (name, arguments.replace(" ", "")) == ("no_such_tool", ARGUMENTS)


def test_an_answer_without_tool_calls_is_not_hit() -> None:
    assert observe(("llm.malformed_tool_call", {})).hits == 0
