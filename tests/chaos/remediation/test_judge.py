"""What a loop comes to, in virtual time: the watch of the reference system, healthy and with each defect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.chaos.finding import Finding
from seatrial.chaos.record import FaultRecord, Record
from seatrial.chaos.remediation import judge
from seatrial.chaos.remediation.facts import Remedied, Told
from seatrial.core.errors import HarnessError
from seatrial.core.outcome import Outcome
from seatrial.systems.reference.defects import DEFECTS
from tests.chaos.remediation.rehearsal import FOR_GOOD, HANGS, Rehearsal, loop, seen, state

ITEMS: dict[str, Callable[[Remedied], Finding]] = {
    "test_no_false_alarm": judge.calm,
    "test_alerted": judge.alerted,
    "test_steps_are_taken": judge.stepped,
    "test_repaired": judge.repaired,
    "test_resolved_is_true": judge.announced,
    "test_escalated": judge.escalated,
}
"""As suites/recovery/test_remediation.py has them."""
SHOWN = [
    ("never-alerts", HANGS),
    ("alerts-late", HANGS),
    ("cries-wolf", HANGS),
    ("silent-steps", HANGS),
    ("remedy-without-effect", HANGS),
    ("claims-resolved", HANGS),
    ("claims-resolved", FOR_GOOD),
    ("never-escalates", FOR_GOOD),
    ("pages-at-once", HANGS),
]
GREEN = (Outcome.PASSED, Outcome.NOT_APPLICABLE)


def came_to(found: Remedied) -> dict[str, Finding]:
    return {name: item(found) for name, item in ITEMS.items()}


def red(found: Remedied) -> set[str]:
    return {name for name, finding in came_to(found).items() if finding.outcome is Outcome.FAILED}


def test_what_can_be_repaired_is_noticed_repaired_and_announced(tmp_path: Path) -> None:
    found = Rehearsal(loop(tmp_path)).run()
    items = came_to(found)
    assert {finding.outcome for finding in items.values()} == {Outcome.PASSED}, items
    assert found.rose("alert") is not None
    assert [each.words for each in found.steps] == ["GatewayRemediation firing: restart 1"]
    assert items["test_escalated"].reason == "nobody was called for what automation could repair"
    assert items["test_repaired"].numbers["seconds"] == pytest.approx(1.75, abs=0.3)


def test_what_no_restart_helps_is_escalated_after_a_few(tmp_path: Path) -> None:
    found = Rehearsal(loop(tmp_path, FOR_GOOD)).run()
    items = came_to(found)
    assert items["test_repaired"].outcome is Outcome.NOT_APPLICABLE
    assert {finding.outcome for finding in items.values()} == set(GREEN), items
    assert len(found.steps) == 2
    assert "the end of the fault" in items["test_resolved_is_true"].reason


@pytest.mark.parametrize(("defect", "text"), SHOWN)
def test_each_defect_turns_its_own_item_red(tmp_path: Path, defect: str, text: str) -> None:
    found = Rehearsal(loop(tmp_path, text), defect).run()
    assert set(DEFECTS[defect].caught) <= red(found), came_to(found)


def test_every_defect_of_the_watch_is_shown() -> None:
    ours = {name for name, each in DEFECTS.items() if set(each.caught) & set(ITEMS)}
    assert ours == {defect for defect, _ in SHOWN}


def test_after_a_false_alarm_nothing_is_injected_and_nothing_else_told(tmp_path: Path) -> None:
    found = Rehearsal(loop(tmp_path), "cries-wolf").run()
    items = came_to(found)
    assert items.pop("test_no_false_alarm").outcome is Outcome.FAILED
    assert {finding.outcome for finding in items.values()} == {Outcome.INCONCLUSIVE}
    assert found.record.faults == []


# ---- case by case


def remedied(folder: Path, text: str = HANGS, **given: object) -> Remedied:
    """Everything went well: a fault at 10 s, an alert at 12 s, served again at 14 s, resolved at 15 s."""
    record = Record((exercised := loop(folder, text)).scenario)
    record.faults.append(FaultRecord(record.scenario.injections[0], hits=1, reverted=True))
    record.before = [seen(9.0, True)] * 20
    record.under = [seen(10 + 0.1 * n, 10 + 0.1 * n >= 13.95) for n in range(1, 100)]
    record.after = [seen(21.0, True)] * 20
    states = {
        "alert": state((0.0, False), (12.0, True), (15.0, False)),
        "steps": state((0.0, False), (13.0, True)),
        "escalation": state((0.0, False)),
    }
    found = Remedied(exercised.spec, record, states, [Told(13.0, "restart")])
    return replace(found, **{"injected": 10.0, "reverted": 20.0, "ended": 22.0, **given})  # type: ignore[arg-type]


def test_all_went_well(tmp_path: Path) -> None:
    found = remedied(tmp_path)
    assert red(found) == set()
    assert (found.rose("alert"), found.resolved) == (2.0, 5.0)
    assert found.back == pytest.approx(4.0, abs=0.06)


def test_a_fault_that_never_acted_proves_nothing(tmp_path: Path) -> None:
    found = remedied(tmp_path)
    found.record.faults[0].hits = 0
    items = came_to(found)
    assert items.pop("test_no_false_alarm").outcome is Outcome.PASSED
    assert {finding.outcome for finding in items.values()} == {Outcome.INCONCLUSIVE}
    assert "the fault never hit" in items["test_alerted"].reason


def test_trouble_of_our_own_is_none_of_the_targets(tmp_path: Path) -> None:
    found = remedied(tmp_path)
    found.record.trouble = HarnessError("the fault was not taken back")
    for item in ITEMS.values():
        with pytest.raises(HarnessError, match="not taken back"):
            item(found)


def test_signals_that_cannot_be_heard_prove_nothing(tmp_path: Path) -> None:
    found = remedied(tmp_path, deaf="down: status 503")
    assert {finding.outcome for finding in came_to(found).values()} == {Outcome.INCONCLUSIVE}
    assert "down: status 503" in judge.calm(found).reason


@pytest.mark.parametrize(
    ("readings", "outcome", "said"),
    [
        (((0.0, False), (12.0, True)), Outcome.PASSED, "fired after 2 s (limit 5 s)"),
        (((0.0, False), (16.0, True)), Outcome.FAILED, "5 s were allowed"),
        (((0.0, False),), Outcome.FAILED, "did not fire within 5 s"),
    ],
)
def test_the_alert_comes_in_time(
    tmp_path: Path, readings: tuple[tuple[float, bool], ...], outcome: Outcome, said: str
) -> None:
    found = remedied(tmp_path)
    found.states = {**found.states, "alert": state(*readings)}
    alerted = judge.alerted(found)
    assert (alerted.outcome, said in alerted.reason) == (outcome, True), alerted.reason


def test_an_alert_that_nobody_could_look_at_is_not_proven(tmp_path: Path) -> None:
    found = remedied(tmp_path)
    found.states = {**found.states, "alert": state((0.0, False), trouble="refused")}
    assert judge.alerted(found).outcome is Outcome.INCONCLUSIVE


def test_steps_before_the_fault_are_none(tmp_path: Path) -> None:
    assert judge.stepped(remedied(tmp_path, steps=[Told(5.0, "restart")])).outcome is Outcome.FAILED
    many = [Told(11.0 + n, f"restart {n}") for n in range(3)]
    assert "2 are allowed" in judge.stepped(remedied(tmp_path, steps=many)).reason


def test_who_is_served_again_too_late_is_not_repaired(tmp_path: Path) -> None:
    found = remedied(tmp_path)
    found.record.under = [seen(10 + 0.1 * n, n > 120) for n in range(1, 200)]
    found = replace(found, reverted=31.0, ended=32.0)
    assert judge.repaired(found).outcome is Outcome.FAILED
    assert "10 s are allowed" in judge.repaired(found).reason
    assert "late and before anybody had to be called" in judge.escalated(found).reason


def test_a_row_of_good_answers_that_did_not_last_is_no_repair(tmp_path: Path) -> None:
    found = remedied(tmp_path)
    found.record.under = [seen(10 + 0.1 * n, 20 < n < 45) for n in range(1, 100)]
    assert found.back is None
    assert judge.repaired(found).outcome is Outcome.FAILED


def test_nobody_noticed_anything(tmp_path: Path) -> None:
    found = remedied(tmp_path)
    found.record.under = [seen(10 + 0.1 * n, True) for n in range(1, 100)]
    assert judge.repaired(found).reason == "no caller noticed anything (limit 10 s)"


def test_no_request_no_verdict(tmp_path: Path) -> None:
    found = remedied(tmp_path)
    found.record.under = []
    assert judge.repaired(found).outcome is Outcome.INCONCLUSIVE


def test_an_alert_that_goes_on_after_the_repair_is_told(tmp_path: Path) -> None:
    found = remedied(tmp_path)
    found.states = {**found.states, "alert": state((0.0, False), (12.0, True))}
    assert "the alert still fires 12 s after the fault" in judge.announced(found).reason


def test_what_was_announced_too_early_is_a_lie_also_where_it_came_true(tmp_path: Path) -> None:
    found = remedied(tmp_path)
    found.states = {**found.states, "alert": state((0.0, False), (11.0, True), (12.0, False))}
    said = judge.announced(found)
    assert said.outcome is Outcome.FAILED
    assert "announced as resolved 2 s after the fault" in said.reason


def test_callers_must_be_served_once_the_fault_is_gone(tmp_path: Path) -> None:
    found = remedied(tmp_path, FOR_GOOD)
    found.record.under = [seen(10 + 0.1 * n, False) for n in range(1, 100)]
    found.record.after = [seen(21.0, False)] * 40
    found.states = {**found.states, "alert": state((0.0, False), (12.0, True), (21.5, False))}
    assert "not served" in judge.announced(found).reason
    found.record.after = [seen(21.0, True)] * 40
    assert judge.announced(found).outcome is Outcome.PASSED


def test_who_recovers_without_help_needs_nobody(tmp_path: Path) -> None:
    """A fault that was said to be beyond automation, and was not: that proves nothing about escalation."""
    found = remedied(tmp_path, FOR_GOOD)
    assert judge.escalated(found).outcome is Outcome.INCONCLUSIVE
    called = state((0.0, False), (19.0, True))
    found.states = {**found.states, "escalation": called}
    assert judge.escalated(found).outcome is Outcome.PASSED


def test_what_the_policy_does_not_ask_does_not_arise(tmp_path: Path) -> None:
    text = HANGS.replace("      steps: {signal: step, at_most: 2}\n", "")
    text = text.replace("      escalation: {signal: paged, within: 30s}\n", "")
    found = remedied(tmp_path, text)
    assert judge.stepped(found).outcome is judge.escalated(found).outcome is Outcome.NOT_APPLICABLE
