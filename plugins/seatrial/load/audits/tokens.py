"""Are tokens counted truthfully, and alike alone and under load? Source: MLPerf inference, compliance TEST06.

Throughput in tokens and cost rest on counts that the system itself tells. A black box shows text and chunks:
a token is at least a byte, a chunk holds at least a token, none was made beyond the limit that was asked for,
one prompt counts the same every time, and a text of so many bytes counts as many tokens under load as alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.exchange import Exchange
from seatrial.core.finding import Finding, beside, failed
from seatrial.load.audits.pairs import Pairs, answered
from seatrial.load.audits.sameness import judge_band

SPECIAL = 4
"""Tokens without text that an answer may hold: its end, its role."""
SPLIT = 2
"""Chunks that may come of one token: a character of several bytes in two pieces, an empty first one."""


def judge_tokens(
    alone: Sequence[Exchange], loaded: Sequence[Exchange], max_tokens: int | None = None
) -> Finding:
    """Decide about "the tokens that are told are possible, and counted under load as alone".

    Args:
        alone, loaded: answers to the same prompts, pair by pair, in random order.
        max_tokens: the limit that was asked for.
    """
    pairs = [(one, other) for one, other in answered(alone, loaded) if one.usage and other.usage]
    if not pairs and any(exchange.ok for exchange in (*alone, *loaded)):
        return beside("the target tells no tokens")
    lies = _lies(pairs, max_tokens)
    if lies:
        return failed(f"{lies[0]} ({len(lies)} such answers)", 2 * len(pairs), len(lies))
    written = [pair for pair in pairs if pair[0].text and pair[1].text]
    return judge_band(
        "tokens told for a byte of text",
        [_density(one) for one, _ in written],
        [_density(other) for _, other in written],
    )


def _lies(pairs: Pairs, max_tokens: int | None) -> list[str]:
    found = [lie for pair in pairs for exchange in pair if (lie := _lie(exchange, max_tokens))]
    for one, other in pairs:
        assert one.usage is not None
        assert other.usage is not None
        given, then = one.usage.input_tokens, other.usage.input_tokens
        if given != then:
            found.append(f"the same prompt counts {given} tokens alone and {then} under load")
    return found


def _lie(exchange: Exchange, max_tokens: int | None) -> str:
    assert exchange.usage is not None
    told, size = exchange.usage.output_tokens, len(exchange.text.encode())
    size += sum(len(name) + len(arguments) for name, arguments in exchange.tool_calls)
    if told > size + SPECIAL:
        return f"{told} tokens are told for an answer of {size} bytes"
    if exchange.streamed and exchange.chunks > SPLIT * (told + 1):
        return f"{told} tokens are told for an answer of {exchange.chunks} chunks"
    if max_tokens and told > max_tokens + SPECIAL:
        return f"{told} tokens are told where at most {max_tokens} were asked for"
    return ""


def _density(exchange: Exchange) -> float:
    assert exchange.usage is not None
    return exchange.usage.output_tokens / len(exchange.text.encode())
