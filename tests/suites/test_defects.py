"""Every defect whose home is a bundled suite turns its item red; the healthy gateway turns none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import suites.contract.test_health as health_items
from seatrial.core.outcome import Outcome
from seatrial.systems.reference.defects import DEFECTS
from seatrial.targets.config import TargetConfig, Timeouts
from seatrial.targets.secret import Secret
from seatrial.targets.target import Target
from tests.suites.gateways import gateway
from tests.suites.running import Result, items, run, run_all

KEY = "sk-test-5f2b8c1e9a7d4036"
CAPABILITIES = frozenset({"tools", "json_schema", "embeddings"})
ITEMS = {item.name: item for suite in ("contract", "identity") for item in items(suite)}
RED = {
    "invents-finish-reason": ["test_agreement::test_streamed_and_unstreamed_answers_agree"],
    "buffers-stream": ["test_stream::test_chunks_come_as_they_are_made"],
    "wrong-usage": [
        "test_usage::test_the_same_prompt_counts_the_same",
        "test_usage::test_tokens_fit_the_bytes",
        "test_usage::test_a_cut_answer_counts_what_was_allowed",
    ],
    "unknown-model-accepted": ["test_unknown_model::test_an_unknown_model_is_not_served"],
    "server-error-on-malformed": [
        "test_bad_input::test_what_is_no_request_is_refused['malformed-json']",
        "test_bad_input::test_what_is_no_request_is_refused['no-messages']",
        "test_bad_input::test_what_is_no_request_is_refused['messages-is-text']",
        "test_errors::test_an_error_is_typed_json",
        "test_errors::test_an_error_shows_no_internals",
    ],
    "no-authentication": [
        "test_authentication::test_no_key_is_refused",
        "test_authentication::test_a_wrong_key_is_refused",
    ],
    "key-echoed-in-error": ["test_authentication::test_the_key_is_never_echoed"],
    "health-lies": ["test_health::test_health_tells_the_truth"],
    "wrong-model-reported": ["test_model::test_answers_name_the_model_that_was_asked_for"],
    "stream-differs": ["test_agreement::test_streamed_and_unstreamed_answers_agree"],
    "sse-content-type-wrong": ["test_stream::test_a_stream_is_well_formed"],
    "usage-missing-in-stream": ["test_usage::test_a_stream_reports_usage_when_asked"],
    "stack-trace-in-error": ["test_errors::test_an_error_shows_no_internals"],
    "ignores-max-tokens": [
        "test_finish_reason::test_a_cut_answer_says_so",
        "test_usage::test_a_cut_answer_counts_what_was_allowed",
    ],
    "html-error-page": ["test_errors::test_an_error_is_typed_json"],
    "ignores-stop": ["test_stop_sequence::test_a_stop_sequence_ends_the_answer"],
    "missing-done": ["test_stream::test_a_stream_ends_as_the_protocol_says"],
    "errors-with-status-200": [
        "test_bad_input::test_what_is_no_request_is_refused['malformed-json']",
        "test_bad_input::test_what_is_no_request_is_refused['no-messages']",
        "test_errors::test_an_error_is_typed_json",
        "test_errors::test_an_unknown_path_is_not_found",
    ],
    "malformed-tool-call": ["test_capabilities::test_tools_are_called"],
    "ignores-json-schema": ["test_capabilities::test_json_schema_is_kept"],
    "finish-reason-missing": [
        "test_finish_reason::test_the_finish_reason_is_one_of_the_protocol",
        "test_answer::test_an_answer_has_the_shape_of_its_protocol",
    ],
}
# Their home is the suite sla, with far more requests; here they are met by chance.
NOW_AND_THEN = {
    "truncates-stream": "test_stream::test_a_stream_ends_as_the_protocol_says",
}


def target_at(uri: str) -> Target:
    waits = Timeouts(first_byte=1.2, idle=1.2, total=10.0)
    config = TargetConfig(
        name="bot", uri=uri, model="small", api_key=Secret(KEY), timeouts=waits, capabilities=CAPABILITIES
    )
    return Target(config)


@pytest.fixture(scope="module")
def healthy() -> Iterator[Target]:
    with gateway(keys=(KEY,)) as uri, target_at(uri) as target:
        yield target


@pytest.fixture(scope="module")
def verdicts(healthy: Target) -> dict[str, Result]:
    """Every item of both suites against the healthy gateway."""
    return {**run_all("contract", healthy), **run_all("identity", healthy)}


def test_a_healthy_system_passes_everything_that_applies(verdicts: dict[str, Result]) -> None:
    not_green = {name: result for name, result in verdicts.items() if not result.outcome.green}
    assert {name: result.outcome for name, result in not_green.items()} == {
        "test_capabilities::test_logprobs_are_given": Outcome.NOT_APPLICABLE
    }, not_green


def test_every_item_sends_something_and_all_together_stay_cheap(verdicts: dict[str, Result]) -> None:
    sent = {name: result.requests for name, result in verdicts.items() if result.outcome.green}
    assert min(sent.values()) >= 1, sent
    assert sum(sent.values()) <= 110


@pytest.mark.parametrize(("defect", "red"), RED.items(), ids=RED)
def test_a_defect_turns_its_items_red(defect: str, red: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_items, "LEAST_PATIENCE", 1.2)
    with gateway(defect, keys=(KEY,)) as uri, target_at(uri) as target:
        results = {name: run(ITEMS[name], target) for name in red}
    assert {name: result.outcome for name, result in results.items()} == dict.fromkeys(red, Outcome.FAILED), (
        results
    )


@pytest.mark.parametrize(("defect", "name"), NOW_AND_THEN.items(), ids=NOW_AND_THEN)
def test_a_defect_of_one_answer_in_five_is_met_more_often_than_not(defect: str, name: str) -> None:
    outcomes = []
    for seed in range(5):
        with gateway(defect, keys=(KEY,), seed=seed) as uri, target_at(uri) as target:
            outcomes.append(run(ITEMS[name], target).outcome)
    assert set(outcomes) <= {Outcome.FAILED, Outcome.PASSED}
    assert outcomes.count(Outcome.FAILED) >= 3, outcomes


def test_every_defect_that_belongs_here_is_shown() -> None:
    ours = {name for name, defect in DEFECTS.items() if {"contract", "identity"} & set(defect.caught_by)}
    assert ours == {*RED, *NOW_AND_THEN}


@pytest.mark.parametrize("defect", [*RED, *NOW_AND_THEN])
def test_the_catalogue_names_one_of_these_items(defect: str) -> None:
    red = RED.get(defect) or [NOW_AND_THEN[defect]]
    assert any(text in name for name in red for text in DEFECTS[defect].caught), DEFECTS[defect].caught
