"""Conversations are rebuilt after a crash, as they were."""

from __future__ import annotations

from typing import Any

from seatrial.chaos import restart


def test_conversations_survive(trial_conversations: Any) -> None:
    """What was said before the crash is there after it, word for word."""
    trial_conversations.found(restart.survived(trial_conversations.crash, trial_conversations.spec))


def test_conversations_go_on(trial_conversations: Any) -> None:
    """A conversation of before the crash can be gone on with."""
    trial_conversations.found(restart.goes_on(trial_conversations.crash))
