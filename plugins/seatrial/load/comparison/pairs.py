"""Which exchange of the one run belongs beside which of the other: the same prompt, asked as often before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seatrial.load.comparison.side import Sent

Places = NDArray[np.int64]

FEWEST = 30
"""Pairs below which two samples are compared instead."""


def pairs(one: Sent | None, other: Sent | None) -> tuple[Places, Places] | None:
    """Places of the pairs in the two logs, in the order in which the second sent them.

    None where the prompts are not the same set, are not told, or make too few pairs.
    """
    if one is None or other is None or not (one.paired and other.paired) or one.digest != other.digest:
        return None
    base = int(max(one.prompts.max(), other.prompts.max())) + 1
    mine, theirs = _turns(one.prompts, base), _turns(other.prompts, base)
    _, at_mine, at_theirs = np.intersect1d(mine, theirs, assume_unique=True, return_indices=True)
    if len(at_mine) < FEWEST:
        return None
    order = np.argsort(at_theirs, kind="stable")
    return at_mine[order], at_theirs[order]


def _turns(prompts: Places, base: int) -> Places:
    """A number for each exchange that tells its prompt, and how often that was asked before."""
    order = np.argsort(prompts, kind="stable")
    sorted_prompts = prompts[order]
    starts = np.concatenate(([0], np.flatnonzero(np.diff(sorted_prompts)) + 1))
    lengths = np.diff(np.concatenate((starts, [len(prompts)])))
    turns = np.empty(len(prompts), np.int64)
    turns[order] = np.arange(len(prompts)) - np.repeat(starts, lengths)
    return prompts + turns * base
