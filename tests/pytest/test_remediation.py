"""Loops of remediation in a session: each is exercised once, whatever number of items look at it."""

from __future__ import annotations

import pytest

from seatrial.systems.readiness import free_port
from seatrial.systems.runner import System
from tests.pytest.conftest import Trial

LOOP = """
  dependencies: [{{name: unused, listen: "127.0.0.1:0", upstream: "127.0.0.1:{port}"}}]
  signals: [{{name: down, webhook: {{port: {port}}}}}, {{name: paged, webhook: {{port: {port}}}}}]
  remediation:
    - name: dies
      inject: [{{on: unused, toxic: down}}]
      alert: {{signal: down, within: 200ms}}
      escalation: {{signal: paged, within: 300ms}}
      calm: 100ms
      quiet_within: 5s
      consecutive: 5
"""
ITEMS = """
from seatrial.chaos.remediation import judge

def test_calm(trial_remediation):
    trial_remediation.came_to(judge.calm)

def test_alerted(trial_remediation):
    trial_remediation.came_to(judge.alerted)
"""


def test_a_fault_that_never_acts_proves_nothing_but_calm(
    gateway: System, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = Trial(pytester, monkeypatch, gateway)
    trial.policy(more=LOOP.format(port=free_port()))
    pytester.makepyfile(test_it=ITEMS)
    trial.run("test_it.py")
    found = {id.rpartition("::")[2]: (each["outcome"], each["reason"]) for id, each in trial.items().items()}
    assert found["test_calm[dies]"][0] == "PASSED"
    outcome, reason = found["test_alerted[dies]"]
    assert (outcome, reason[:19]) == ("INCONCLUSIVE", "the fault never hit")
    loops = [each for each in trial.events if each["event"] == "remediation"]
    assert [each["phase"] for each in loops] == ["begin", "end"]
