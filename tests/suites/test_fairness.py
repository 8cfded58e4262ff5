"""What is unusual is not called wrong, and what cannot be told is not called right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import suites.contract.test_health as health_items
from seatrial.core.outcome import Outcome
from seatrial.targets.config import TargetConfig, Timeouts
from seatrial.targets.target import Target
from suites.contract.probe import Probe
from tests.suites.gateways import served
from tests.suites.running import Result, items, run
from tests.suites.scripted import WORDS, Script, scripted

ITEMS = {item.name: item for item in items("contract")}
AGREE = "test_agreement::test_streamed_and_unstreamed_answers_agree"
UNKNOWN = "test_unknown_model::test_an_unknown_model_is_not_served"
HEALTH = "test_health::test_health_tells_the_truth"
MALFORMED = "test_bad_input::test_what_is_no_request_is_refused['malformed-json']"
WAITS = Timeouts(connect=1.0, first_byte=0.6, idle=0.6, total=5.0)


@contextmanager
def target(script: Script, health: str | None = None) -> Iterator[Target]:
    with served(scripted(script)) as root:
        config = TargetConfig(name="bot", uri=f"{root}/v1", model="solo", timeouts=WAITS, health=health)
        with Target(config) as there:
            yield there


def result(name: str, script: Script, health: str | None = None) -> Result:
    with target(script, health) as there:
        return run(ITEMS[name], there)


def test_a_server_of_one_model_may_ignore_the_name_in_the_open() -> None:
    assert result(UNKNOWN, Script()).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (Script(named=lambda asked: asked), "under its own name"),
        (Script(models=("solo", "duo")), "lists ['solo', 'duo']"),
        (Script(models=()), "no models"),
        (Script(named=lambda asked: "other"), "'other'"),
    ],
    ids=["claims-the-name", "gateway", "lists-nothing", "serves-another"],
)
def test_an_unknown_model_served_in_silence_is_red(script: Script, told: str) -> None:
    outcome, reason, _ = result(UNKNOWN, script)
    assert outcome is Outcome.FAILED
    assert told in reason


def test_answers_that_never_repeat_cannot_be_compared() -> None:
    outcome, reason, _ = result(AGREE, Script(words=lambda number: [str(number), *WORDS[1:]]))
    assert outcome is Outcome.NOT_APPLICABLE
    assert "even unstreamed" in reason


def test_streams_that_always_differ_are_red() -> None:
    # Every second request of the item is the streamed one.
    outcome, reason, _ = result(AGREE, Script(words=lambda number: WORDS[number % 2 :]))
    assert outcome is Outcome.FAILED
    assert "prompt 1 of 3" in reason


@pytest.mark.parametrize(
    ("script", "outcome", "told"),
    [
        (Script(), Outcome.PASSED, ""),
        (Script(health=503), Outcome.FAILED, "says 503 while the target answers"),
        (Script(hangs=True), Outcome.FAILED, "still says 200 while an answer hangs"),
        (Script(hangs=True, health=503), Outcome.PASSED, ""),
        (Script(broken=500), Outcome.FAILED, "2 of 2 requests failed"),
        (Script(broken=500, health=503), Outcome.INCONCLUSIVE, "no answer to compare"),
    ],
    ids=[
        "well",
        "answers-and-says-ill",
        "hangs-and-says-well",
        "hangs-and-says-so",
        "dead-engine",
        "ill-and-says-so",
    ],
)
def test_health(script: Script, outcome: Outcome, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_items, "LEAST_PATIENCE", 0.6)
    got = result(HEALTH, script, "/health")
    assert got.outcome is outcome, got
    assert told in got.reason


def test_health_without_an_endpoint_is_not_applicable() -> None:
    assert result(HEALTH, Script(health=404)).outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("refusals", "outcome"),
    [
        ([400], Outcome.PASSED),
        ([500, 400], Outcome.PASSED),
        ([503, 503, 400], Outcome.PASSED),
        ([503], Outcome.INCONCLUSIVE),
        ([500], Outcome.FAILED),
        ([200], Outcome.FAILED),
    ],
    ids=str,
)
def test_bad_input_is_blamed_for_what_it_does_twice(refusals: list[int], outcome: Outcome) -> None:
    assert result(MALFORMED, Script(refusals=refusals)).outcome is outcome


def test_nobody_waits_for_a_target_that_fell_silent() -> None:
    with target(Script(hangs=True)) as there:
        probe = Probe(there)
        results = [
            run(item, there, probe) for item in ITEMS.values() if item.name.startswith(("test_an", "test_st"))
        ]
    assert {got.outcome for got in results} == {Outcome.INCONCLUSIVE}
    assert any("stopped answering" in got.reason for got in results)
    assert sum(got.requests for got in results) <= 4


def test_a_target_that_is_not_there_is_never_green() -> None:
    with Target(TargetConfig(name="bot", uri="http://127.0.0.1:9/v1", model="solo", timeouts=WAITS)) as there:
        probe = Probe(there)
        outcomes = {run(item, there, probe).outcome for item in ITEMS.values()}
    assert not any(outcome.green for outcome in outcomes), outcomes


BAD_INPUT = [name for name in ITEMS if name.startswith("test_bad_input") and "afterwards" not in name]


def test_every_bad_input_that_breaks_the_server_is_red() -> None:
    with target(Script(broken=500, refusals=[500])) as there:
        results = {name: run(ITEMS[name], there) for name in BAD_INPUT}
    assert {name: got.outcome for name, got in results.items()} == dict.fromkeys(BAD_INPUT, Outcome.FAILED)


def test_a_server_that_bad_input_has_broken_is_red() -> None:
    script = Script()
    item = ITEMS["test_bad_input::test_it_still_answers_afterwards"]
    with target(script) as there:
        probe = Probe(there)
        assert run(item, there, probe).outcome is Outcome.PASSED
        script.broken = 500
        assert run(item, there, probe).outcome is Outcome.FAILED
        assert run(item, there, Probe(there)).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("deletes", "outcome"),
    [(0, Outcome.PASSED), (501, Outcome.PASSED), (200, Outcome.FAILED), (500, Outcome.FAILED)],
)
def test_a_wrong_method(deletes: int, outcome: Outcome) -> None:
    assert result("test_errors::test_a_wrong_method_is_refused", Script(deletes=deletes)).outcome is outcome


def test_usage_that_does_not_add_up_is_red() -> None:
    name = "test_usage::test_usage_adds_up"
    assert result(name, Script()).outcome is Outcome.PASSED
    assert "does not add up" in result(name, Script(surplus=1)).reason
