"""The tokens that are billed: told, added up, and plausible.

A black box does not show its tokenizer, so the counts are judged by what holds for every tokenizer: the same
text counts the same, more text counts more, a token is at least a byte, and an answer that the limit cut took
exactly the limit.
"""

from __future__ import annotations

from typing import Any

from seatrial.core.exchange import Exchange, Usage
from seatrial.pytest import inconclusive

from .probe import LONG, PROMPTS, SHORT, Probe, failed, listed, parsed, told
from .wire import last_usage

CUT_AT = 6
BYTES_A_TOKEN = 24  # the sparsest known tokenizers reach 8 on English prose; threefold room
PARAGRAPH = "The harbour master writes the names of all ships and the hour of the tide into the book. " * 12


def test_usage_adds_up(probe: Probe) -> None:
    """Every answer tells the tokens it cost, in whole numbers that add up."""
    probe.needs_chat()
    problems = probe.dialect.usage(parsed(probe.reply(PROMPTS[1])))
    unstreamed = [exchange for exchange in probe.seen if not exchange.streamed]
    for exchange in unstreamed:
        problems += probe.dialect.usage(parsed(exchange))
    if problems:
        failed(f"{listed(problems)} (looked at {len(unstreamed)} answers)")


def test_the_same_prompt_counts_the_same(probe: Probe) -> None:
    """The same prompt counts the same tokens again, and a longer one counts more."""
    probe.needs_chat()
    first, second, longer = (
        _prompt_tokens(probe, probe.answer(prompt, max_tokens=4)) for prompt in (SHORT, SHORT, PARAGRAPH)
    )
    if first != second:
        failed(f"the same prompt counted {first} tokens, then {second}")
    if longer <= first:
        failed(f"{len(SHORT)} bytes of prompt count {first} tokens, {len(PARAGRAPH)} bytes {longer}")


def test_tokens_fit_the_bytes(probe: Probe) -> None:
    """The tokens counted are possible for the bytes of the prompt and of the answer."""
    probe.needs_chat()
    short, longer = probe.answer(PROMPTS[4]), probe.answer(PARAGRAPH)
    tokens = _prompt_tokens(probe, longer) - _prompt_tokens(probe, short)
    size = len(PARAGRAPH.encode()) - len(PROMPTS[4].encode())
    if tokens > size:
        failed(f"{size} bytes more of prompt count {tokens} tokens more: more tokens than bytes")
    if tokens * BYTES_A_TOKEN < size:
        failed(f"{size} bytes more of prompt count only {tokens} tokens more")
    for exchange in (short, longer):
        told_tokens, written = _usage(exchange).output_tokens, len(exchange.text.encode())
        if told_tokens * BYTES_A_TOKEN < written:
            failed(f"an answer of {written} bytes counts {told_tokens} tokens")


def test_a_cut_answer_counts_what_was_allowed(probe: Probe) -> None:
    """An answer cut by the token limit counts as many tokens as the limit allowed."""
    probe.needs_chat()
    for prompt in (LONG, *PROMPTS[:2]):
        exchange = probe.answer(prompt, max_tokens=CUT_AT)
        counted = _usage(exchange).output_tokens
        if counted > CUT_AT:
            failed(f"at most {CUT_AT} tokens were asked for and {counted} are counted")
        if exchange.finish_reason == probe.dialect.cut:
            # One less is common practice: the token that ended the text inside a character or a stop word.
            if counted < CUT_AT - 1:
                failed(f"the answer was cut at {CUT_AT} tokens and only {counted} are counted")
            return
    inconclusive(f"no answer was long enough to be cut at {CUT_AT} tokens")


def test_a_stream_reports_usage_when_asked(probe: Probe) -> None:
    """A stream tells its usage when asked to, and counts the prompt as an unstreamed answer does."""
    probe.needs_chat()
    asked: dict[str, Any] = (
        {"stream_options": {"include_usage": True}} if probe.dialect.name == "openai-chat" else {}
    )
    unstreamed = probe.answer(SHORT)
    streamed = probe.answer(SHORT, stream=True, **asked)
    holder = last_usage(streamed)
    if holder is None:
        failed(f"usage was asked for and no event of the stream brought it: {told(streamed)}")
    problems = probe.dialect.usage(holder)
    if problems:
        failed(listed(problems))
    there, here = _prompt_tokens(probe, unstreamed), _prompt_tokens(probe, streamed)
    if there != here:
        failed(f"the same prompt counts {there} tokens unstreamed and {here} streamed")
    if streamed.text and not _usage(streamed).output_tokens:
        failed("an answer with text counts no tokens")


def _prompt_tokens(probe: Probe, exchange: Exchange) -> int:
    holder = last_usage(exchange) if exchange.streamed else parsed(exchange)
    usage = holder.get("usage") if isinstance(holder, dict) else None
    if not isinstance(usage, dict):
        inconclusive("the answer reports no usage to judge")
    return probe.dialect.prompt_tokens(usage)


def _usage(exchange: Exchange) -> Usage:
    if exchange.usage is None:
        inconclusive("the answer reports no usage to judge")
    return exchange.usage
