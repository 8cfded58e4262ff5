"""The suite on a gateway that keeps its promises over a crash, and on ones that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.suites.weather import outcomes

MORE = """
  recovery:
    components:
      - {name: service, kind: service, rto: 12s}
      - {name: models, kind: models, rto: 12s}
      - {name: conversations, kind: conversations, rto: 15s, rpo: 0}
      - {name: work, kind: work, rto: 15s, rpo: 0}
"""
WATCHED = """
  signals:
    - {name: down, webhook: {port: {alerts}, path: /alerts, alert: GatewayDown}}
    - {name: step, webhook: {port: {alerts}, path: /alerts, alert: GatewayRemediation}}
    - {name: paged, webhook: {port: {alerts}, path: /alerts, labels: {severity: page}}}
  remediation:
    - name: hangs
      inject: [{on: bot, toxic: process.stop}]
      alert: {signal: down, within: 20s}
      steps: {signal: step, at_most: 2}
      resolved: {within: 40s}
      escalation: {signal: paged, within: 50s}
      calm: 500ms
"""
ITEMS = {
    "test_comes_back[service]",
    "test_comes_back[models]",
    "test_comes_back[conversations]",
    "test_comes_back[work]",
    "test_conversations_survive[conversations]",
    "test_conversations_go_on[conversations]",
    "test_accepted_work_is_done_once[work]",
}
LOOP = {
    "test_no_false_alarm[hangs]",
    "test_alerted[hangs]",
    "test_steps_are_taken[hangs]",
    "test_repaired[hangs]",
    "test_resolved_is_true[hangs]",
    "test_escalated[hangs]",
}


def test_a_healthy_gateway_comes_back_with_all_it_had_and_is_repaired_where_it_hangs(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "recovery", more=MORE + WATCHED)
    came_to = {name: outcome for name, (outcome, _) in found.items()}
    assert came_to == dict.fromkeys(ITEMS | LOOP, "PASSED"), found


@pytest.mark.parametrize(
    ("defect", "red"),
    [
        ("state-lost-on-crash", "test_conversations_survive[conversations]"),
        ("answers-twice-after-restart", "test_accepted_work_is_done_once[work]"),
    ],
)
def test_a_defect_turns_its_item_red(tmp_path: Path, defect: str, red: str) -> None:
    found = outcomes(tmp_path, "recovery", defect, more=MORE)
    assert found[red][0] == "FAILED", found
    assert found["test_comes_back[service]"][0] == "PASSED", found
    assert found["test_alerted[none]"] == ("NOT_APPLICABLE", "the policy declares no remediation")
