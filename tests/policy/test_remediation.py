# ruff: noqa: E501 - texts stand as people read them
"""Loops of remediation: what is read, and what is refused by itself."""

from __future__ import annotations

import pytest

from tests.policy.conftest import Load, Refused
from tests.policy.test_resilience import HEAVY

WATCHED = (
    HEAVY.replace("model: chat}", "model: chat, process: {pidfile: gateway.pid}}")
    + """\
  signals:
    - {name: down, webhook: {port: 9110, alert: Down}}
    - {name: step, webhook: {port: 9110, alert: Step}}
    - {name: paged, webhook: {port: 9110, labels: {severity: page}}}
  remediation:
    - name: hangs
      inject: [{on: gateway, toxic: process.stop}]
      alert: {signal: down, within: 10s}
      steps: {signal: step, at_most: 3}
      resolved: {within: 1min}
      escalation: {signal: paged, within: 2min}
"""
)


def test_a_loop_is_read(load: Load) -> None:
    (loop,) = load(text=WATCHED).spec.remediation
    assert loop.signals == {"alert": "down", "steps": "step", "escalation": "paged"}
    assert (loop.longest, loop.calm, loop.consecutive, loop.persists) == (120.0, 2.0, 20, False)
    assert loop.resolved is not None
    assert loop.resolved.within == 60.0


def test_half_of_a_loop_is_read(load: Load) -> None:
    changes = (
        ("      resolved: {within: 1min}\n", "      persists: true\n"),
        ("      steps: {signal: step, at_most: 3}\n", ""),
    )
    (loop,) = load(*changes, text=WATCHED).spec.remediation
    assert loop.signals == {"alert": "down", "escalation": "paged"}
    assert loop.persists


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((("      resolved: {within: 1min}\n      escalation: {signal: paged, within: 2min}\n", "")), "an alert that leads to nothing is no remediation"),
        (("within: 2min}", "within: 30s}"), "a person would have to be called before automation is expected to be done"),
        (("within: 2min}", "within: 2min}\n      persists: true"), "a fault that comes again with every restart is nothing that automation can repair"),
        (("resolved: {within: 1min}", "resolve: {within: 1min}"), "did you mean 'resolved'?"),
        (("inject: [{on: gateway, toxic: process.stop}]", "inject: []"), "inject"),
        (("alert: {signal: down, within: 10s}", "alert: {signal: down, within: 10}"), "alert.within"),
    ],
)  # fmt: skip
def test_what_is_no_loop(refused: Refused, change: tuple[str, str], said: str) -> None:
    problems = refused(change, text=WATCHED)
    assert any(said in problem for problem in problems), problems
    assert all("spec.remediation[0]" in problem for problem in problems)
