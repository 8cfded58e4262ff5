from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.certificate.keys import KeyPair
from seatrial.compliance.attestation import Attestation, attest, read_all
from seatrial.compliance.judge import ItemResult, Judgement, items_of, judge, meets
from seatrial.core.control import Control, EvaluationMethod, EvidenceRequirement
from seatrial.core.errors import UsageError
from seatrial.core.outcome import Outcome
from seatrial.policy.governance import WaiverSpec

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
SLA = "seatrial/suites/sla/test_objectives.py::test_objective[{}]"
AVAILABILITY = SLA.format("availability")
LATENCY = SLA.format("latency-p95")


def automated(*patterns: str) -> Control:
    return Control("c-1", "C", evaluation_methods=(EvaluationMethod("Automated"),), proven_by=patterns)


def manual(**wanted: Any) -> Control:
    evidence = EvidenceRequirement(**wanted)
    return Control(
        "c-1", "C", evaluation_methods=(EvaluationMethod("Manual"),), evidence_requirements=(evidence,)
    )


def items(outcomes: dict[str, Outcome]) -> dict[str, ItemResult]:
    return {name: ItemResult(name, outcome) for name, outcome in outcomes.items()}


def attested(**how: Any) -> Attestation:
    said: dict[str, Any] = {
        "path": Path("a.attestation.json"),
        "control_id": "c-1",
        "statement": "Rehearsed.",
        "signer": "A. B.",
        "issued": NOW - timedelta(days=10),
        "expires": NOW + timedelta(days=10),
    }
    return Attestation(**said | how)


def waived(day: date = date(2026, 12, 1), **how: Any) -> WaiverSpec:
    return WaiverSpec(control_id="c-1", justification="later", expiration_date=day, approver="A. B.", **how)


class TestAutomated:
    @pytest.mark.parametrize(
        ("outcomes", "expected"),
        [
            ([Outcome.PASSED], Outcome.PASSED),
            ([Outcome.PASSED, Outcome.PASSED], Outcome.PASSED),
            ([Outcome.PASSED, Outcome.NOT_APPLICABLE], Outcome.PASSED),
            ([Outcome.PASSED, Outcome.WARNED], Outcome.WARNED),
            ([Outcome.PASSED, Outcome.FAILED], Outcome.FAILED),
            ([Outcome.PASSED, Outcome.INCONCLUSIVE], Outcome.INCONCLUSIVE),
            ([Outcome.PASSED, Outcome.ERROR], Outcome.ERROR),
            ([Outcome.ERROR, Outcome.FAILED], Outcome.FAILED),
            ([Outcome.NOT_APPLICABLE], Outcome.INCONCLUSIVE),
            ([], Outcome.INCONCLUSIVE),
        ],
    )
    def test_every_item_must_have_passed(self, outcomes: list[Outcome], expected: Outcome) -> None:
        found = items({SLA.format(n): outcome for n, outcome in enumerate(outcomes)})
        judged = judge(automated(SLA.format("*")), found, now=NOW)
        assert judged.outcome is expected
        assert judged.counts_as is expected
        assert len(judged.proven_by) == len(outcomes)
        assert judged.reason

    def test_every_pattern_must_be_met(self) -> None:
        control = automated(AVAILABILITY, LATENCY)
        both = items({AVAILABILITY: Outcome.PASSED, LATENCY: Outcome.PASSED})
        assert judge(control, both, now=NOW).outcome is Outcome.PASSED
        one = judge(control, items({AVAILABILITY: Outcome.PASSED}), now=NOW)
        assert one.outcome is Outcome.INCONCLUSIVE
        assert "latency-p95] was run" in one.reason

    def test_a_failure_outweighs_a_pattern_that_is_not_met(self) -> None:
        found = judge(automated(AVAILABILITY, LATENCY), items({AVAILABILITY: Outcome.FAILED}), now=NOW)
        assert found.outcome is Outcome.FAILED
        assert AVAILABILITY in found.reason

    def test_no_pattern_proves_nothing(self) -> None:
        assert (
            judge(automated(), items({AVAILABILITY: Outcome.PASSED}), now=NOW).outcome is Outcome.INCONCLUSIVE
        )

    def test_an_attestation_proves_no_automated_control(self) -> None:
        judged = judge(automated(AVAILABILITY), {}, attestations=[attested()], now=NOW)
        assert judged.outcome is Outcome.INCONCLUSIVE

    @given(st.lists(st.sampled_from(list(Outcome)), max_size=6))
    def test_never_green_without_a_passed_or_warned_item_and_nothing_worse(
        self, outcomes: list[Outcome]
    ) -> None:
        found = items({SLA.format(n): outcome for n, outcome in enumerate(outcomes)})
        judged = judge(automated(SLA.format("*")), found, now=NOW)
        counted = [outcome for outcome in outcomes if outcome is not Outcome.NOT_APPLICABLE]
        assert judged.outcome.green == (bool(counted) and all(outcome.green for outcome in counted))


class TestPatterns:
    @pytest.mark.parametrize(
        ("pattern", "name", "met"),
        [
            (AVAILABILITY, AVAILABILITY, True),
            (AVAILABILITY, AVAILABILITY + "x", False),
            (AVAILABILITY, "my/" + AVAILABILITY, False),
            (SLA.format("[va]*"), AVAILABILITY, False),
            (SLA.format("*"), LATENCY, True),
            ("seatrial/suites/sla/*", LATENCY, True),
            ("seatrial/suites/sla/test_objectives.py::*", LATENCY, True),
            ("*", "a\nb", True),
            ("a.b", "axb", False),
            ("", "x", False),
        ],
    )
    def test_a_star_is_anything_and_all_else_itself(self, pattern: str, name: str, met: bool) -> None:
        assert meets(pattern, ItemResult(name, Outcome.PASSED)) is met

    def test_an_indicator_is_met_whatever_the_objective_is_called(self) -> None:
        item = ItemResult(SLA.format("snappy"), Outcome.PASSED, frozenset({"operation.duration"}))
        assert meets("indicator:operation.duration", item)
        assert not meets("indicator:availability", item)
        assert not meets("indicator:", ItemResult("x", Outcome.PASSED))


class TestItems:
    def test_from_the_events_of_a_journal(self) -> None:
        events: list[dict[str, Any]] = [
            {"event": "journal"},
            {"event": "collected", "items": [{"id": "a"}, {"id": "b"}, {"id": "c"}]},
            {"event": "verdict", "item": "a", "objective": {"indicator": "availability"}},
            {"event": "verdict", "item": None, "objective": {"indicator": "operation.duration"}},
            {"event": "item", "id": "a", "outcome": "FAILED"},
            {"event": "item", "id": "a", "outcome": "PASSED"},
            {"event": "item", "id": "c", "outcome": "FAILED", "key": False},
        ]
        assert items_of(events) == {
            "a": ItemResult("a", Outcome.PASSED, frozenset({"availability"})),
            "b": ItemResult("b", Outcome.INCONCLUSIVE),
            "c": ItemResult("c", Outcome.WARNED),
        }

    def test_a_check_that_was_deselected_or_skipped_proves_nothing(self) -> None:
        collected = {"event": "collected", "items": [{"id": AVAILABILITY}]}
        for events in (
            [],
            [collected],
            [collected, {"event": "item", "id": AVAILABILITY, "outcome": "INCONCLUSIVE"}],
        ):
            assert judge(automated(AVAILABILITY), items_of(events), now=NOW).outcome is Outcome.INCONCLUSIVE


class TestManual:
    def test_an_attestation_carries_it(self) -> None:
        judged = judge(manual(), {}, attestations=[attested()], now=NOW)
        assert judged.outcome is Outcome.PASSED
        assert judged.reason == "attested by A. B. until 2026-11-30: Rehearsed."
        assert judged.evidence[0]["signer"] == "A. B."

    def test_nobody_attested_it(self) -> None:
        judged = judge(manual(), items({AVAILABILITY: Outcome.PASSED}), now=NOW)
        assert judged.outcome is Outcome.INCONCLUSIVE
        assert "seatrial attest c-1" in judged.reason

    @pytest.mark.parametrize(
        ("attestation", "control", "said"),
        [
            (attested(control_id="c-2"), manual(), "nobody attested it"),
            (attested(problem="proves nothing: forged"), manual(), "proves nothing: forged"),
            (attested(expires=NOW), manual(), "expired at 2026-11-20"),
            (attested(issued=NOW + timedelta(days=1)), manual(), "still to come"),
            (attested(scope="other-bot"), manual(), "was made for other-bot"),
            (attested(), manual(max_age=9 * 86_400.0), "older than the 9 days"),
            (attested(), manual(kind="file"), "names no file"),
        ],
    )
    def test_an_attestation_that_does_not_hold(
        self, attestation: Attestation, control: Control, said: str
    ) -> None:
        judged = judge(control, {}, attestations=[attestation], now=NOW, scope="support-bot")
        assert judged.outcome is Outcome.INCONCLUSIVE
        assert said in judged.reason
        assert judged.evidence == ()

    @pytest.mark.parametrize(
        ("attestation", "control"),
        [
            (attested(scope="support-bot"), manual()),
            (attested(), manual(max_age=11 * 86_400.0)),
            (attested(files=(("runbook.md", "0" * 64),)), manual(kind="file")),
        ],
    )
    def test_one_that_does(self, attestation: Attestation, control: Control) -> None:
        judged = judge(control, {}, attestations=[attestation], now=NOW, scope="support-bot")
        assert judged.outcome is Outcome.PASSED

    def test_one_good_attestation_is_enough(self) -> None:
        both = [attested(problem="proves nothing: forged"), attested()]
        assert judge(manual(), {}, attestations=both, now=NOW).outcome is Outcome.PASSED

    def test_from_the_file_to_the_judgement(
        self, tmp_path: Path, manager: KeyPair, stranger: KeyPair
    ) -> None:
        said = {"signer": "A. B.", "issued": NOW, "expires": NOW + timedelta(days=1), "folder": tmp_path}
        attest("c-1", "Rehearsed.", key=manager.private, **said)  # type: ignore[arg-type]

        def outcome(key: KeyPair, now: datetime = NOW) -> Outcome:
            return judge(manual(), {}, attestations=read_all(tmp_path, [key.public]), now=now).outcome

        assert outcome(manager) is Outcome.PASSED
        assert outcome(stranger) is Outcome.INCONCLUSIVE
        assert outcome(manager, NOW + timedelta(days=1)) is Outcome.INCONCLUSIVE


class TestWaived:
    @pytest.mark.parametrize("own", [Outcome.FAILED, Outcome.INCONCLUSIVE])
    def test_it_keeps_its_own_outcome_and_warns(self, own: Outcome) -> None:
        judged = judge(automated(AVAILABILITY), items({AVAILABILITY: own}), waiver=waived(), now=NOW)
        assert judged.outcome is own
        assert judged.waived
        assert judged.counts_as is Outcome.WARNED
        assert "waived until 2026-12-01 by A. B.: later" in judged.reason

    @pytest.mark.parametrize("own", [Outcome.FAILED, Outcome.INCONCLUSIVE])
    def test_past_its_date_it_has_failed(self, own: Outcome) -> None:
        judged = judge(
            automated(AVAILABILITY), items({AVAILABILITY: own}), waiver=waived(date(2026, 11, 19)), now=NOW
        )
        assert judged.outcome is Outcome.FAILED
        assert judged.counts_as is Outcome.FAILED
        assert not judged.waived
        assert "ended on 2026-11-19" in judged.reason

    @pytest.mark.parametrize("day", [date(2026, 11, 19), date(2026, 12, 1)])
    def test_one_that_was_not_needed_changes_nothing(self, day: date) -> None:
        judged = judge(
            automated(AVAILABILITY), items({AVAILABILITY: Outcome.PASSED}), waiver=waived(day), now=NOW
        )
        assert judged.outcome is Outcome.PASSED
        assert not judged.waived
        assert judged.waiver is not None

    def test_it_excuses_no_harness_trouble(self) -> None:
        judged = judge(
            automated(AVAILABILITY), items({AVAILABILITY: Outcome.ERROR}), waiver=waived(), now=NOW
        )
        assert judged.counts_as is Outcome.ERROR

    def test_a_control_that_is_not_run_is_not_passed(self) -> None:
        judged = judge(
            automated(AVAILABILITY), items({AVAILABILITY: Outcome.PASSED}), waiver=waived(run=False), now=NOW
        )
        assert judged.outcome is Outcome.INCONCLUSIVE
        assert judged.counts_as is Outcome.WARNED

    def test_a_manual_control_is_waived_too(self) -> None:
        judged = judge(manual(), {}, waiver=waived(), now=NOW)
        assert (judged.outcome, judged.counts_as) == (Outcome.INCONCLUSIVE, Outcome.WARNED)

    @given(own=st.sampled_from(list(Outcome)), days=st.integers(-400, 400), run=st.booleans())
    def test_a_waiver_never_makes_a_control_read_as_passed(self, own: Outcome, days: int, run: bool) -> None:
        control, found = automated(AVAILABILITY), items({AVAILABILITY: own})
        waiver = waived(NOW.date() + timedelta(days=days), run=run)
        judged = judge(control, found, waiver=waiver, now=NOW)
        if judge(control, found, now=NOW).outcome is not Outcome.PASSED:
            assert judged.outcome is not Outcome.PASSED
            assert judged.counts_as is not Outcome.PASSED
        if judged.waived:
            assert days >= 0


def test_the_journal_gets_all_of_it() -> None:
    control = automated(AVAILABILITY)
    told = judge(control, items({AVAILABILITY: Outcome.FAILED}), waiver=waived(), now=NOW).to_dict(control)
    assert told["outcome"] == "FAILED"
    assert told["counts_as"] == "WARNED"
    assert told["mode"] == "automated"
    assert told["waived"] is True
    assert told["waiver"]["approver"] == "A. B."
    assert told["proven_by"] == [AVAILABILITY]


def test_a_time_without_a_zone() -> None:
    with pytest.raises(UsageError, match="zone"):
        judge(manual(), {}, now=datetime(2026, 1, 1))


def test_a_judgement_counts_as_itself() -> None:
    assert Judgement(Outcome.PASSED, "x").counts_as is Outcome.PASSED
