"""Accepted work outlives a crash, and is done once."""

from __future__ import annotations

from typing import Any

from seatrial.chaos import restart


def test_accepted_work_is_done_once(trial_work: Any) -> None:
    """Work that was accepted before the crash is done after it: all of it, and none of it twice."""
    trial_work.found(restart.survived(trial_work.crash, trial_work.spec))
