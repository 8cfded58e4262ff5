"""What a trial shows at the end of a plain pytest session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.pytest.run import trial_of

if TYPE_CHECKING:
    from seatrial.core.decision import Decision
    from seatrial.core.verdict import Verdict


def pytest_report_header(config: pytest.Config) -> str | None:
    """Policy, target and seed, before anything runs."""
    trial = trial_of(config)
    return None if trial is None else trial.headline


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """A line a verdict, and where the files are."""
    trial = trial_of(config)
    if trial is None or not trial.lines:
        return
    terminalreporter.section("sea trial")
    for line in trial.lines:
        terminalreporter.line(line)
    terminalreporter.line(f"journal: {trial.journal_path}")


def total_line(decision: Decision) -> str:
    """What the session came to, in one line; it certifies nothing."""
    outcome = decision.outcome
    what = "a part of the policy" if decision.partial else "the whole policy"
    why = f" — {decision.reasons[0]}" if decision.reasons else ""
    return f"{outcome.symbol} {outcome.label:<12} {what}{why}"


def verdict_line(objective: Mapping[str, Any], verdict: Verdict) -> str:
    """A verdict in one line of a terminal."""
    numbers = ""
    if verdict.estimate is not None and verdict.lower is not None and verdict.upper is not None:
        from seatrial.core.units import format_share

        numbers = (
            f"{format_share(verdict.estimate)} {objective['bad']}"
            f" ({format_share(verdict.lower)} … {format_share(verdict.upper)}), n {verdict.n:,}"
        )
    outcome = verdict.outcome
    return f"{outcome.symbol} {outcome.label:<12} {verdict.objective:<24} {numbers} — {verdict.reason}"
