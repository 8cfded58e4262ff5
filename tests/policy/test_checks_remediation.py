# ruff: noqa: E501 - texts stand as people read them
"""Loops of remediation, their signals and the rest of the policy: what does not go together."""

from __future__ import annotations

import pytest

from tests.policy.conftest import Load, Refused
from tests.policy.test_remediation import WATCHED
from tests.policy.test_resilience import HEAVY

FAULT = "inject: [{on: gateway, toxic: process.stop}]"
LAST = "escalation: {signal: paged, within: 2min}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("alert: {signal: down,", "alert: {signal: dwon,"), "remediation[0].alert.signal: unknown signal 'dwon', did you mean 'down'?\n  known: down, step, paged"),
        (("steps: {signal: step,", "steps: {signal: down,"), "remediation[0].steps.signal: 'down' is this loop's alert already: one could not be told from the other\n  give each a signal of its own"),
        ((FAULT, "inject: [{on: gatway, toxic: process.stop}]"), "remediation[0].inject[0].on: unknown target 'gatway', did you mean 'gateway'?"),
        ((FAULT, "inject: [{on: primry, toxic: down}]"), "remediation[0].inject[0].on: unknown dependency 'primry', did you mean 'primary'?"),
        (("name: hangs", "name: hangs\n      traffic: stedy"), "remediation[0].traffic: unknown traffic 'stedy', did you mean 'steady'?"),
        (("name: hangs", "name: primary-dies"), "remediation[0].name: 'primary-dies' is a scenario already: reports could not tell them apart"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(refused: Refused, change: tuple[str, str], said: str) -> None:
    (problem,) = refused(change, text=WATCHED)
    assert problem.startswith("policy.yaml:")
    assert said in problem


def test_what_lasts_anyhow_cannot_come_again(refused: Refused) -> None:
    changes = (FAULT, "inject: [{on: primary, toxic: down}]"), ("resolved: {within: 1min}", "persists: true")
    (problem,) = refused(*changes, text=WATCHED)
    assert "remediation[0].persists: none of these faults hits a process" in problem


def test_a_process_must_be_known(refused: Refused) -> None:
    (problem,) = refused((", process: {pidfile: gateway.pid}}", "}"), text=WATCHED)
    assert "process.stop must be told which process target 'gateway' is" in problem


def test_two_traffics_and_none_named(refused: Refused) -> None:
    problems = refused(("  resilience:\n", "    - {name: bursts}\n  resilience:\n"), text=WATCHED)
    assert any("there is more than one traffic, and the loop names none" in problem for problem in problems)


def test_a_loop_is_something_to_measure(load: Load) -> None:
    head, _, _ = HEAVY.partition("  resilience:\n")
    _, _, tail = WATCHED.partition("  signals:\n")
    text = (
        head.replace("model: chat}", "model: chat, process: {pidfile: gateway.pid}}") + "  signals:\n" + tail
    )
    assert load(text=text).spec.remediation
