from __future__ import annotations

from dataclasses import replace

import pytest

from seatrial.core.outcome import Outcome
from seatrial.reporting.model import FingerprintView, Report, quiet, severity


def test_the_worst_comes_first() -> None:
    assert sorted(Outcome, key=severity)[0] is Outcome.FAILED
    assert severity(Outcome.INCONCLUSIVE) < severity(Outcome.WARNED) < severity(Outcome.PASSED)


def test_only_what_passed_or_does_not_apply_is_folded_away() -> None:
    assert {outcome for outcome in Outcome if quiet(outcome)} == {Outcome.PASSED, Outcome.NOT_APPLICABLE}


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [("a", "a", True), ("a", "b", False), ("a", None, False), (None, None, False)],
)
def test_a_target_is_unchanged_only_if_seen_twice(
    before: str | None, after: str | None, wanted: bool
) -> None:
    assert FingerprintView("bot", "", "", before, after, ()).unchanged is wanted


def test_the_command_to_run_it_again_names_the_seed_once(healthy: Report) -> None:
    assert healthy.reproduce.endswith("--seed 20261120")
    given = replace(healthy, run=replace(healthy.run, command="seatrial certify --policy p.yaml --seed 7"))
    assert given.reproduce == "seatrial certify --policy p.yaml --seed 7"
    bare = replace(healthy, run=replace(healthy.run, command="", seed=""))
    assert bare.reproduce == "seatrial certify --policy policy.yaml"


def test_what_did_not_finish_is_not_certified(healthy: Report) -> None:
    assert healthy.certified
    assert not replace(healthy, finished=False).certified


def test_the_columns_of_a_suite(rejected: Report) -> None:
    contract = next(suite for suite in rejected.suites if suite.name == "contract")
    assert [item.outcome for item in contract.notable] == [Outcome.FAILED]
    assert len(contract.unremarkable) == 11
    assert contract.count(Outcome.PASSED, Outcome.NOT_APPLICABLE) == 11
