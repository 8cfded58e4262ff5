"""Answers to the same prompts, alone and under load, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.exchange import Exchange

Pairs = list[tuple[Exchange, Exchange]]


def answered(alone: Sequence[Exchange], loaded: Sequence[Exchange]) -> Pairs:
    """The pairs of which both are good answers: how many are not is for the objectives to judge."""
    return [(one, other) for one, other in zip(alone, loaded, strict=True) if one.ok and other.ok]
