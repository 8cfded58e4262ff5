"""The items of the suite identity, green and red."""

from __future__ import annotations

from itertools import count

import pytest

from seatrial.core.outcome import Outcome
from seatrial.policy.target import Identity
from seatrial.targets.config import TargetConfig
from seatrial.targets.target import Target
from tests.suites.gateways import served
from tests.suites.running import Result, items, run
from tests.suites.scripted import Script, scripted

ITEMS = {item.name: item for item in items("identity")}
SAME = "test_fingerprint::test_all_answers_come_from_the_same_system"
NAMED = "test_model::test_answers_name_the_model_that_was_asked_for"


def result(name: str, script: Script, identity: Identity | None = None, model: str | None = "solo") -> Result:
    with served(scripted(script)) as root, Target(TargetConfig(uri=f"{root}/v1", model=model)) as there:
        return run(ITEMS[name], there, identity=identity)


def two_models() -> Script:
    numbers = count()
    return Script(named=lambda asked: "duo" if next(numbers) == 3 else "solo")


@pytest.mark.parametrize("name", [SAME, NAMED])
def test_one_model_is_green_and_two_are_red(name: str) -> None:
    assert result(name, Script()).outcome is Outcome.PASSED
    outcome, reason, _ = result(name, two_models())
    assert outcome is Outcome.FAILED
    assert "'duo'" in reason


def test_the_model_that_the_policy_names_is_held_to_the_letter() -> None:
    script = Script(named=lambda asked: "solo-2024-08-06")
    assert result(NAMED, script).outcome is Outcome.PASSED
    assert result(NAMED, script, Identity(model="solo-2024-08-06")).outcome is Outcome.PASSED
    assert result(NAMED, script, Identity(model="solo")).outcome is Outcome.FAILED


def test_no_model_asked_for_is_not_applicable() -> None:
    assert result(NAMED, Script(), model=None).outcome is Outcome.NOT_APPLICABLE


def test_the_fingerprint_that_the_policy_names_is_held() -> None:
    assert result(SAME, Script(), Identity(system_fingerprint="any")).outcome is Outcome.PASSED
    outcome, reason, _ = result(SAME, Script(), Identity(system_fingerprint="fp_1"))
    assert outcome is Outcome.FAILED
    assert "'fp_1'" in reason


def test_a_target_that_does_not_answer_is_not_proven() -> None:
    assert result(SAME, Script(broken=500)).outcome is Outcome.INCONCLUSIVE
