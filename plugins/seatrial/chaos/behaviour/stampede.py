"""Stampede: callers who ask the same at once, each sent to a provider on its own where no cache answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import inf
from typing import Any

from seatrial.chaos.behaviour.calls import Recording, end_of
from seatrial.chaos.finding import Finding, share_of_calls, unproven
from seatrial.policy.aspects import Aspect

AT_MOST = 2.0
"""Attempts at once for callers who ask the same, where the policy says nothing."""

Span = tuple[float, float]


def no_stampede(recording: Recording, aspect: Aspect) -> Finding:
    """Callers who ask the same at once cost the providers at most N attempts at a time.

    Only calls count that could have made a stampede: those that were under way while more than N callers in
    all waited for the same. Each attempt beyond N that a provider had at one time is one of them that went
    there on its own; at most 5 % of them may.

    Where a target changes the body from attempt to attempt, attempts cannot be told to belong together; then
    there are more of them than crowds of callers, and their number decides.
    """
    limit = aspect.at_most or AT_MOST
    crowds = list(_crowds(recording))
    crowded = sum(size for most, size in crowds if most > limit)
    if not crowded:
        return unproven(f"never more than {limit:g} callers asked the same at once")
    attempts = recording.generating
    if not attempts:
        return unproven("no provider was asked under the fault")
    spans: dict[str, list[Span]] = {}
    for attempt in attempts:
        spans.setdefault(attempt.body_hash, []).append((attempt.started, end_of(attempt) or inf))
    heaps = [most for found in spans.values() for most, _ in _heaps(found)]
    calls, most = len(recording.asked), int(max(heaps))
    numbers: dict[str, Any] = {
        "most": most,
        "at_most": limit,
        "attempts_a_call": round(len(attempts) / max(calls, 1), 3),
    }
    alone = sum(max(0.0, heap - limit) for heap in heaps)
    if len(spans) > limit * len(crowds) + 3:  # attempts without a common body: each looks like a question
        alone = len(attempts) - limit * len(crowds)
    what = (
        f"of those who asked the same at once went to a provider on their own (at most {most} at a time, "
        f"{limit:g} are allowed; {numbers['attempts_a_call']:g} attempts a call in all)"
    )
    return share_of_calls(what, bad=min(round(alone), crowded), met=crowded, **numbers)


def _crowds(recording: Recording) -> Iterator[tuple[int, int]]:
    """Callers under the fault who asked the same at one time: the most at once, and how many in all."""
    asked: dict[str, list[Span]] = {}
    for question, sent, done in zip(recording.questions, recording.sent, recording.done, strict=False):
        if question and recording.injected <= sent < recording.reverted:
            asked.setdefault(question, []).append((sent, done))
    for spans in asked.values():
        yield from _heaps(spans)


def _heaps(spans: Iterable[Span]) -> Iterator[tuple[int, int]]:
    """Of spans that hang together by overlapping: the most at one time, and how many they are."""
    edges = sorted(edge for start, end in spans for edge in ((start, 1), (end, -1)))
    now = most = size = 0
    for _, step in edges:
        now += step
        most = max(most, now)
        size += step > 0
        if not now:
            yield most, size
            most = size = 0
