"""Suite `resilience` (R04 to R07, R09): every scenario of the policy, item by item.

A scenario is run once, by the first of its items; all of them look at what it left.
"""

from __future__ import annotations

from typing import Any

from seatrial.chaos import judge
from seatrial.chaos.finding import Finding


def test_fault_acted(trial_scenario: Any) -> None:
    """The fault took, hit, and was taken back."""
    trial_scenario.found(judge.acted(trial_scenario.record))


def test_during(trial_criterion: Any) -> None:
    """What the policy demands holds under the fault."""
    found = judge.during(trial_criterion.record, trial_criterion.aspect)
    if isinstance(found, Finding):
        trial_criterion.found(found)
        return
    objective, verdict = found
    trial_criterion.told(objective, verdict)
    assert verdict


def test_client_behaviour(trial_behaviour: Any) -> None:
    """The target behaves well towards a dependency in trouble."""
    record = trial_behaviour.record
    aspect = next(
        each for each in record.scenario.spec.client_behaviour if each.aspect == trial_behaviour.aspect
    )
    trial_behaviour.found(judge.behaviour(record, aspect))


def test_answers(trial_answer: Any) -> None:
    """Callers are told the truth under the fault."""
    record = trial_answer.record
    aspect = next(each for each in record.scenario.spec.answers if each.aspect == trial_answer.aspect)
    trial_answer.found(judge.told(record, aspect))


def test_recovers(trial_scenario: Any) -> None:
    """After the fault the target is steady again, in time."""
    found = judge.recovered(trial_scenario.record)
    trial_scenario.recovered(found)
