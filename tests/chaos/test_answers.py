from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seatrial.chaos.answers import cuts_told, degraded_marked, errors_typed, health_truthful, model_kept
from seatrial.chaos.asking import Seen
from seatrial.chaos.record import HealthSample, Record
from seatrial.core.exchange import ErrorKind
from seatrial.core.outcome import Outcome
from seatrial.faults.recorder import Attempt
from tests.chaos.behaviour.recordings import INJECTED, NOTHING, calls, good, recording
from tests.chaos.world import World


def seen(count: int, **more: Any) -> list[Seen]:
    given = {
        "good": True, "status": 200, "error": None, "model": "small", "typed": None, "marks": (), "chunks": 5,
    }  # fmt: skip
    fields = {**given, **more}
    return [Seen(sent=INJECTED + 0.05 * n, done=INJECTED + 0.05 * n + 0.01, **fields) for n in range(count)]


def errors(count: int, *, typed: bool) -> list[Seen]:
    return seen(count, good=False, status=503, error=ErrorKind.HTTP_STATUS, typed=typed)


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(World(tmp_path).scenario())


@pytest.mark.parametrize(
    ("under", "outcome"),
    [
        (errors(80, typed=True), Outcome.PASSED),
        (errors(5, typed=True) + seen(80), Outcome.PASSED),
        (errors(5, typed=False) + seen(80), Outcome.FAILED),
        (seen(80), Outcome.NOT_APPLICABLE),
        (errors(5, typed=True), Outcome.INCONCLUSIVE),
    ],
)
def test_errors_are_told_in_the_protocols_form(record: Record, under: list[Seen], outcome: Outcome) -> None:
    record.under = under
    assert errors_typed(record, NOTHING).outcome is outcome


@pytest.mark.parametrize(
    ("under", "outcome"),
    [
        (seen(80, marks=("x-degraded: local",)), Outcome.PASSED),
        (seen(80, model="tiny-local"), Outcome.PASSED),
        (seen(80), Outcome.FAILED),
        (seen(80, marks=("x-fallback-policy: on",)), Outcome.FAILED),  # that header was there before
        (errors(80, typed=True), Outcome.NOT_APPLICABLE),
    ],
)
def test_answers_of_the_last_resort_are_marked(record: Record, under: list[Seen], outcome: Outcome) -> None:
    record.before = seen(20, marks=("x-fallback-policy: on",))
    record.under = under
    assert degraded_marked(record, NOTHING).outcome is outcome


@pytest.mark.parametrize(
    ("under", "outcome"),
    [
        (seen(80), Outcome.PASSED),
        (seen(80, model="large"), Outcome.FAILED),
        (errors(80, typed=True), Outcome.INCONCLUSIVE),
    ],
)
def test_no_other_model_answers(record: Record, under: list[Seen], outcome: Outcome) -> None:
    record.before = seen(20)
    record.under = under
    assert model_kept(record, NOTHING).outcome is outcome


CUT: dict[str, Any] = {"status": 200, "outcome": "truncated"}


def elsewhere(count: int) -> list[Attempt]:
    return [good(f"call-{n}", INJECTED + 0.01 * n, proxy="secondary") for n in range(count)]


@pytest.mark.parametrize(
    ("waits", "others", "under", "outcome"),
    [
        ([[]] * 25, [], seen(75) + errors(25, typed=True), Outcome.PASSED),  # each told as an error
        ([[]] * 25, elsewhere(25), seen(100), Outcome.PASSED),  # each made anew by another
        ([[]] * 25, [], seen(100), Outcome.FAILED),  # each passed on as complete
        ([[]] * 25, elsewhere(5), seen(90) + errors(10, typed=True), Outcome.FAILED),
    ],
)
def test_a_cut_answer_is_not_passed_on_as_complete(
    record: Record, waits: list[list[float]], others: list[Attempt], under: list[Seen], outcome: Outcome
) -> None:
    record.recording = recording(calls(waits, **CUT), others)
    record.under = under
    found = cuts_told(record, NOTHING)
    assert found.outcome is outcome, found.reason


def test_the_last_attempt_of_a_call_must_not_be_a_cut_one(record: Record) -> None:
    record.under = seen(100)
    repeated = calls([[0.1]] * 25, **CUT)
    whole = [
        each if n % 2 == 0 else each._replace(faults=(), outcome="ok") for n, each in enumerate(repeated)
    ]
    record.recording = recording(whole)
    assert cuts_told(record, NOTHING).outcome is Outcome.PASSED
    record.recording = recording(repeated)  # cut, asked again, cut again, and told as complete
    assert cuts_told(record, NOTHING).outcome is Outcome.FAILED


def says(status: int, page: str = "/ready") -> list[HealthSample]:
    return [HealthSample(page, INJECTED + 0.25 * n, status) for n in range(20)]


@pytest.mark.parametrize(
    ("health", "under", "outcome"),
    [
        (says(200), seen(100), Outcome.PASSED),
        (says(503), seen(100), Outcome.FAILED),  # denies what everybody gets
        (says(200), errors(100, typed=True), Outcome.FAILED),  # claims what nobody gets
        (says(503), errors(100, typed=True), Outcome.PASSED),
        (says(503) + says(200, "/health"), errors(100, typed=True), Outcome.PASSED),  # alive, not ready
        (says(200) + says(200, "/health"), errors(100, typed=True), Outcome.FAILED),
        ([], errors(100, typed=True), Outcome.NOT_APPLICABLE),
        (says(200), seen(4), Outcome.INCONCLUSIVE),
    ],
)
def test_health_pages_are_held_to_what_callers_get(
    record: Record, health: list[HealthSample], under: list[Seen], outcome: Outcome
) -> None:
    record.health, record.under = health, under
    found = health_truthful(record, NOTHING)
    assert found.outcome is outcome, found.reason


def test_a_half_served_target_is_neither(record: Record) -> None:
    mixed = [each for pair in zip(seen(50), errors(50, typed=True), strict=True) for each in pair]
    record.health, record.under = says(200), mixed[:-1] + seen(20)
    assert health_truthful(record, NOTHING).outcome is Outcome.INCONCLUSIVE
