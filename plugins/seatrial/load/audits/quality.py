"""Are answers as good under load as alone? Source: MLPerf inference, TEST07 (accuracy in performance mode).

A system may answer with a smaller model, a coarser one or a shorter search while it is busy. What the right
answer is nobody tells us; what it answers alone, asked for the most likely answer, is the reference, and two
answers alone show how far it repeats itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

import numpy as np

from seatrial.core.evidence import Decision, PairedNonInferiority
from seatrial.core.exchange import Exchange
from seatrial.core.finding import Finding, beside, failed, passed, unproven

MARGIN = 0.8
"""The part of the agreement between two answers alone that one under load must keep."""
REPEATABLE = 0.9
"""Mean agreement of two answers alone, below which the target does not repeat itself."""
FEWEST = 16


def judge_quality(
    alone: Sequence[Exchange], again: Sequence[Exchange], loaded: Sequence[Exchange]
) -> Finding:
    """Decide about "an answer under load agrees with the one alone as two alone agree with each other".

    Method: betting on ``agreement under load - 0.8 * agreement alone``, prompt by prompt, at 95 % confidence
    and 90 % power.

    Args:
        alone, loaded: answers to the same prompts, pair by pair, in random order.
        again: a second answer alone to the first of these prompts; where it is shorter, its mean stands for
            the others.
    """
    repeated = [
        agreement(one.text, two.text) for one, two in zip(alone, again, strict=False) if one.ok and two.ok
    ]
    if len(repeated) < FEWEST:
        return unproven(f"only {len(repeated)} prompts were answered twice alone", len(repeated))
    steady = float(np.mean(repeated))
    if steady < REPEATABLE:
        return beside(
            f"the target does not repeat itself: two answers alone agree by {steady:.0%} (asked for the most"
            " likely answer)"
        )
    kept = [
        agreement(one.text, other.text)
        for one, other in zip(alone, loaded, strict=True)
        if one.ok and other.ok
    ]
    if len(kept) < FEWEST:
        return unproven(f"only {len(kept)} prompts were answered alone and under load", len(kept))
    test = PairedNonInferiority(MARGIN)
    decision = test.update(np.column_stack((kept, np.full(len(kept), steady))))
    told = f"answers under load agree with those alone by {np.mean(kept):.0%}, two alone by {steady:.0%}"
    numbers = {"loaded": float(np.mean(kept)), "alone": steady, "margin": MARGIN}
    if decision is Decision.FAIL:
        worst = int(np.argmin(kept))
        return failed(f"{told} (the least: prompt {worst}, {kept[worst]:.0%})", len(kept), None, **numbers)
    if decision is Decision.PASS:
        return passed(told, len(kept), **numbers)
    return unproven(f"{told}: whether {MARGIN:.0%} of it are kept is not shown", len(kept), **numbers)


def agreement(one: str, other: str) -> float:
    """How far two texts agree, word by word in order, 0…1."""
    if one == other:
        return 1.0
    return SequenceMatcher(None, one.split(), other.split(), autojunk=False).ratio()
