"""Streams: well formed, ended as promised, and sent while they are made."""

from __future__ import annotations

from uuid import uuid4

from seatrial.core.exchange import Exchange
from seatrial.pytest import inconclusive

from .probe import LONG, PROMPTS, Probe, content_type, failed, listed, told
from .wire import framing_problems

STREAMS = 5
RUNS = 6
ENOUGH = 2  # streams that were sent as they were made: holding back is how a system is built, not chance
FEW_CHUNKS = 4  # below it a stream cannot be told from one piece
SHORTEST = 0.005  # seconds of generating below which a held-back stream cannot be told from a fast one
HELD_BACK = 0.1  # share of the answer's time in which all chunks of a held-back stream arrive
APART = 0.0002  # seconds between two chunks of different reads


def test_a_stream_is_well_formed(probe: Probe) -> None:
    """A stream is server-sent events, and every event has the shape that the protocol promises."""
    probe.needs_chat()
    exchange = probe.reply(stream=True)
    kind = content_type(exchange)
    if kind != "text/event-stream":
        failed(f"content type {kind!r} for a stream, not text/event-stream")
    assert exchange.raw is not None
    problems = framing_problems(exchange.raw.body) + probe.dialect.stream(
        [data for _, data in exchange.raw.events]
    )
    if problems:
        failed(listed(problems))


def test_a_stream_ends_as_the_protocol_says(probe: Probe) -> None:
    """Every stream ends with a finish reason and the protocol's end mark, and nothing after it."""
    probe.needs_chat()
    for number in range(STREAMS):
        exchange = probe.reply(PROMPTS[number % len(PROMPTS)], stream=True)
        events = [data for _, data in exchange.raw.events] if exchange.raw else []
        problems = probe.dialect.ending(events)
        if problems:
            failed(f"stream {number + 1} of {STREAMS}: {listed(problems)} ({told(exchange)})")


def test_chunks_come_as_they_are_made(probe: Probe) -> None:
    """The chunks of a stream are sent while the answer is made, not held back to its end.

    A busy machine can make one stream look held back, and hardly one look spread: two of up to six that are
    spread in time are enough.
    """
    probe.needs_chat()
    # What a round trip costs without any generating.
    overhead = min(refusal.done - refusal.sent for refusal in (probe.raw(b"{"), probe.raw(b"{")))
    spread: list[Exchange] = []
    held_back: list[Exchange] = []
    for _ in range(RUNS):
        # A nonce in the prompt keeps caches out: a cached answer may rightly come in one piece.
        run = probe.answer(f"{LONG} ({uuid4().hex[:8]})", stream=True, max_tokens=64)
        if _is_spread(run):
            spread.append(run)
        elif run.chunks >= FEW_CHUNKS and run.done - run.sent - overhead >= SHORTEST:
            held_back.append(run)
        if len(spread) == ENOUGH:
            return
    if not spread and not held_back:
        inconclusive(f"{RUNS} answers were too short or too fast to tell, the last: {_timing(run)}")
    shown = ", ".join(map(_timing, held_back[:3]))
    if len(held_back) > len(spread):
        failed(
            f"{len(held_back)} of {len(held_back) + len(spread)} streams were held back to their end: {shown}"
        )


def _is_spread(run: Exchange) -> bool:
    reads = 1 + sum(gap > APART for gap in run.gaps)
    return sum(run.gaps) >= HELD_BACK * (run.done - run.sent) or reads > max(2, run.chunks // 8)


def _timing(run: Exchange) -> str:
    return f"{run.chunks} chunks within {sum(run.gaps) * 1e3:.1f} ms of {(run.done - run.sent) * 1e3:.0f} ms"
