# ruff: noqa: E501 - texts stand as people read them
"""Resilience scenarios in a policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from seatrial.core.errors import UsageError
from seatrial.core.risk import Risk
from seatrial.policy.effective import digest, effective
from seatrial.policy.loader import load_policy
from seatrial.policy.marked import read_documents
from seatrial.policy.resilience import CriterionSpec, InjectSpec, ScenarioSpec
from seatrial.policy.schema import json_schema
from tests.policy.conftest import Load, Refused, Write

HEAVY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {name: heavy-weather}
spec:
  targets: [{name: gateway, protocol: openai-chat, uri: "http://127.0.0.1:4000/v1", model: chat}]
  dependencies:
    - {name: primary,   listen: 127.0.0.1:9101, upstream: 127.0.0.1:9001, protocol: openai-chat}
    - {name: secondary, listen: 127.0.0.1:9102, upstream: 127.0.0.1:9002, protocol: openai-chat}
  traffic:
    - {name: steady, prompts: bundled/chat-short, concurrency: 4, stream: true, budget: {requests: 2000, duration: 60s}}
  resilience:
    - name: primary-dies
      inject: [{on: primary, toxic: down}]
      during: [{indicator: availability, target: 95%}, {indicator: operation.duration, op: lte, value: 3s, target: 90%}]
      recovery: {rto: 10s, consecutive: 20}
    - name: primary-hangs
      inject: [{on: primary, toxic: timeout, attributes: {timeout: 0}}]
      during: [{indicator: availability, target: 95%}, {indicator: operation.duration, op: lte, value: 3s, target: 90%}]
    - name: primary-cuts-streams
      inject: [{on: primary, toxic: sse.truncate, attributes: {after_events: 5}, toxicity: 0.5}]
      during: [{indicator: complete_answers, target: 99%}]
    - name: rate-limit
      inject: [{on: primary, toxic: http.status, attributes: {status: 429, retry_after: 5s}}]
      client_behaviour: [retry-after-honoured, backoff-grows, amplification: {at_most: 2}]
"""


def test_the_sample_loads_as_it_stands(load: Load) -> None:
    loaded = load(text=HEAVY)
    assert loaded.notices == ()
    assert [dependency.kind for dependency in loaded.spec.dependencies] == ["provider", "provider"]
    dies, hangs, cuts, limited = loaded.spec.resilience
    assert (dies.recovery.rto, dies.recovery.consecutive) == (10, 20)
    assert hangs.inject[0].attributes == {"timeout": 0}
    assert cuts.inject[0].toxicity == 0.5
    told = [(aspect.aspect, aspect.at_most) for aspect in limited.client_behaviour]
    assert told == [("retry-after-honoured", None), ("backoff-grows", None), ("amplification", 2)]


def test_the_effective_policy_is_a_policy_again(load: Load, write: Write) -> None:
    loaded = load(text=HEAVY)
    again = load_policy(write(text=yaml.safe_dump(effective(loaded)), name="again.yaml"), environ={})
    assert digest(again) == digest(loaded)
    assert again.spec.resilience == loaded.spec.resilience


def test_the_schema_accepts_it(write: Write) -> None:
    # A YAML 1.1 reader would take the key `on` for true; ours is YAML 1.2.
    (document,) = read_documents(Path(write(text=HEAVY)))
    Draft202012Validator(json_schema()).validate(document.plain())


def test_what_is_left_out() -> None:
    scenario = ScenarioSpec.model_validate({"name": "dies", "inject": [{"on": "a", "toxic": "down"}]})
    assert (scenario.min_duration, scenario.segments, scenario.witness.min_hits) == (3, 1, 1)
    assert (scenario.recovery.rto, scenario.recovery.repeats, scenario.recovery.consecutive) == (None, 1, 20)
    assert scenario.title == "dies"
    assert ScenarioSpec.model_validate({"scenario": "provider-hang"}).title == "provider-hang"


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ({"inject": [{"on": "a", "toxic": "down"}]}, "a scenario needs a name"),
        ({"name": "x"}, "injects nothing proves nothing"),
        ({"name": "x", "inject": [{"toxic": "down"}]}, "injected on something"),
        ({"name": "x", "inject": [{"on": "a", "role": "cache", "toxic": "down"}]}, "injected on something"),
        ({"name": "x", "inject": [{"on": "a", "toxic": "down", "toxicity": 0}]}, "hits nothing"),
    ],
)
def test_what_makes_no_scenario(scenario: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ScenarioSpec.model_validate(scenario)


def test_criteria_are_called_by_their_indicator_each_once() -> None:
    slow = {"indicator": "operation.duration", "op": "lte", "value": "9s", "target": 1.0}
    during = [slow, {"indicator": "availability", "target": 0.9}, slow, {**slow, "name": "slowest"}]
    inject = [{"on": "a", "toxic": "down"}]
    scenario = ScenarioSpec.model_validate({"name": "x", "inject": inject, "during": during})
    assert scenario.labels() == ["operation.duration", "availability", "operation.duration-2", "slowest"]


def test_a_criterion_judges() -> None:
    slow = {"indicator": "operation.duration", "op": "lte", "value": 3, "unit": "s", "target": "90%"}
    objective = CriterionSpec.model_validate(slow).objective("dies/duration", "steady@dies", "p.yaml:3")
    assert (objective.threshold, objective.share, objective.where) == (3.0, 0.9, "p.yaml:3")
    good = CriterionSpec.model_validate({"indicator": "availability", "target": 0.95}).objective("a", "t")
    assert (good.limit, good.threshold) == (0.05, None)


@pytest.mark.parametrize(
    "criterion",
    [
        {"indicator": "availabilty", "target": 0.9},
        {"indicator": "operation.duration", "target": 0.9},
        {"indicator": "operation.duration", "op": "lte", "value": "3", "target": 0.9},
        {"indicator": "availability", "op": "gte", "value": 1, "target": 0.9},
    ],
)
def test_a_criterion_that_cannot_be_judged(criterion: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        CriterionSpec.model_validate(criterion).objective("x", "t")


def test_a_fault_that_is_drawn_for_each_request_makes_no_bursts() -> None:
    own = Risk(bursts_up_to=5, min_duration=10, segments=3)
    drawn = {"on": "a", "toxic": "sse.truncate", "toxicity": "50%"}
    always = {"on": "a", "toxic": "down"}

    def risk(*inject: dict[str, Any]) -> Risk:
        return ScenarioSpec.model_validate({"name": "x", "inject": inject}).risk(own)

    assert (risk(drawn).bursts_up_to, risk(drawn).min_duration, risk(drawn).segments) == (None, 3, 1)
    assert risk(always).bursts_up_to == risk(drawn, always).bursts_up_to == 5


def test_a_share_of_hits_is_written_as_people_do() -> None:
    inject = InjectSpec.model_validate(
        {"role": "provider", "which": "all", "toxic": "down", "toxicity": "50%"}
    )
    assert (inject.toxicity, inject.which) == (0.5, "all")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("during: [{indicator: complete_answers", "durng: [{indicator: complete_answers"),
         "policy.yaml:21 spec.resilience[2].durng: unknown key 'durng', did you mean 'during'?"),
        (("amplification: {at_most: 2}", "amplification: {at_mots: 2}"),
         "policy.yaml:24 spec.resilience[3].client_behaviour[2]: amplification takes no 'at_mots', did you mean 'at_most'?\n  it takes: at_most"),
        (("consecutive: 20", "consecutive: 0"),
         "policy.yaml:15 spec.resilience[0].recovery.consecutive: it must be more than 0"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_told_with_its_line(refused: Refused, change: tuple[str, str], said: str) -> None:
    assert refused(change, text=HEAVY) == [said]
