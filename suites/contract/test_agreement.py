"""Streamed or not, the same question gets the same answer."""

from __future__ import annotations

from seatrial.core.exchange import Exchange
from seatrial.pytest import not_applicable

from .probe import PROMPTS, Probe, failed

ASKED = 3
LIMIT = 48  # tokens


def test_streamed_and_unstreamed_answers_agree(probe: Probe) -> None:
    """A streamed answer is the same as the unstreamed one, whole to its last word.

    Asked at temperature 0 and with a seed. Where two unstreamed answers differ already, the target is not
    repeatable and there is nothing to compare.
    """
    probe.needs_chat()
    compared = 0
    for number, prompt in enumerate(PROMPTS[:ASKED], 1):
        plain = probe.answer(prompt, max_tokens=LIMIT)
        stream = probe.answer(prompt, stream=True, max_tokens=LIMIT)
        if _same(plain, stream):
            compared += 1
            continue
        again = probe.answer(prompt, max_tokens=LIMIT)
        if not _same(plain, again):
            continue
        stream_again = probe.answer(prompt, stream=True, max_tokens=LIMIT)
        wrong = stream if _cut(stream, plain) or not _same(stream_again, plain) else None
        if wrong is not None:
            failed(f"prompt {number} of {ASKED}: {_difference(plain, stream)}")
    if not compared:
        not_applicable(
            "the target answers the same question differently even unstreamed: nothing can be compared"
        )


def _same(one: Exchange, other: Exchange) -> bool:
    return one.text.strip() == other.text.strip() and one.finish_reason == other.finish_reason


def _cut(stream: Exchange, plain: Exchange) -> bool:
    """Whether the stream is the beginning of the plain answer and yet claims the same end."""
    begun, whole = stream.text.strip(), plain.text.strip()
    return len(begun) < len(whole) and whole.startswith(begun) and stream.finish_reason == plain.finish_reason


def _difference(plain: Exchange, stream: Exchange) -> str:
    one, other = plain.text.strip(), stream.text.strip()
    if one == other:
        return f"unstreamed ends with {plain.finish_reason!r}, streamed with {stream.finish_reason!r}"
    if _cut(stream, plain):
        return (
            f"the stream ends after {len(other)} of {len(one)} characters and claims {stream.finish_reason!r}"
            f" as if it were whole: …{other[-30:]!r}"
        )
    at = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    start = max(0, at - 10)
    here, there = one[start : at + 20], other[start : at + 20]
    return f"from character {at} on, unstreamed says {here!r} and streamed {there!r}"
