"""Why an answer ended: a word the protocol knows, and the truth."""

from __future__ import annotations

from seatrial.core.exchange import Exchange
from seatrial.pytest import inconclusive

from .probe import LONG, PROMPTS, Probe, failed, manner, told

CUT_AT = 6  # tokens: short enough to cut any answer to LONG, and cheap
BYTES_A_TOKEN = (
    16  # the mean of prose is 3 to 5 in every known tokenizer; beyond this no cut can have taken place
)


def test_the_finish_reason_is_one_of_the_protocol(probe: Probe) -> None:
    """Every answer tells why it ended, in a word its protocol knows."""
    probe.needs_chat()
    known = probe.dialect.finish_reasons
    looked_at = [probe.reply(PROMPTS[2], stream=False), probe.reply(PROMPTS[3], stream=True), *probe.seen]
    for exchange in looked_at:
        if exchange.finish_reason not in known:
            failed(
                f"one {manner(exchange)} answer ended with {exchange.finish_reason!r},"
                f" which is none of {', '.join(sorted(known))} (looked at {len(looked_at)} answers)"
            )


def test_a_cut_answer_says_so(probe: Probe) -> None:
    """An answer cut by the token limit says that it was cut, streamed and unstreamed."""
    probe.needs_chat()
    for stream in (False, True):
        for prompt in (LONG, *PROMPTS[:2]):
            exchange = probe.reply(prompt, stream=stream, max_tokens=CUT_AT)
            if exchange.finish_reason == probe.dialect.cut:
                break
            if _overlong(exchange):
                failed(
                    f"at most {CUT_AT} tokens were asked for; the {manner(exchange)} answer"
                    f" is longer and claims {exchange.finish_reason!r}: {exchange.usage}, {told(exchange)}"
                )
            if exchange.usage and exchange.usage.output_tokens == CUT_AT:
                failed(
                    f"the {manner(exchange)} answer took all {CUT_AT} tokens it was allowed"
                    f" and claims {exchange.finish_reason!r}, not {probe.dialect.cut!r}"
                )
        else:
            inconclusive(f"no answer was long enough to be cut at {CUT_AT} tokens")


def _overlong(exchange: Exchange) -> bool:
    told_tokens = exchange.usage.output_tokens if exchange.usage else 0
    return told_tokens > CUT_AT or len(exchange.text.encode()) > CUT_AT * BYTES_A_TOKEN
