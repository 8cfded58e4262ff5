"""Every defect that an audit is for turns its item red; the healthy gateway turns none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import seatrial.load.audits.rehearsal as measuring
import suites.load.test_audits as items
from seatrial.bundled import bundled
from seatrial.core.exchange import Exchange
from seatrial.core.journal import read_journal
from seatrial.core.outcome import Outcome
from seatrial.load.audits.asking import Asker, Batch, Manner
from seatrial.load.audits.rehearsal import Rehearsal
from seatrial.load.prompts import PromptSet, load_prompts
from seatrial.systems.reference.defects import DEFECTS
from seatrial.targets.config import TargetConfig
from seatrial.targets.secret import Secret
from tests.suites.gateways import gateway

AUDITS = {
    "test_repeated_prompts_cost_what_fresh_ones_do": Rehearsal.cached,
    "test_a_shared_beginning_saves_nothing": Rehearsal.prefix,
    "test_nobody_gets_another_ones_answer": Rehearsal.strangers,
    "test_answers_are_as_long_under_load": Rehearsal.lengths,
    "test_answers_are_as_good_under_load": Rehearsal.quality,
    "test_tokens_are_counted_alike_under_load": Rehearsal.tokens,
    "test_streams_flow_under_load": Rehearsal.flow,
    "test_the_target_is_measured_and_not_the_harness": Rehearsal.client,
}
TIMED = {
    "test_repeated_prompts_cost_what_fresh_ones_do",
    "test_a_shared_beginning_saves_nothing",
    "test_streams_flow_under_load",
    "test_the_target_is_measured_and_not_the_harness",
}
"""A machine that is busy with something else may leave these open; never red."""
RED = {
    name: next(item for item in defect.caught if item in AUDITS)
    for name, defect in DEFECTS.items()
    if "load" in defect.caught_by and set(defect.caught) & set(AUDITS)
}
POLICY = """
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: audits-only}}
spec:
  targets: [{{name: bot, uri: "{uri}", model: small}}]
  traffic: [{{name: steady, concurrency: 16, stream: true}}]
  suites: [load]
"""


@pytest.fixture(scope="module")
def prompts() -> PromptSet:
    return load_prompts(bundled("fixtures") / "prompts" / "chat-short.jsonl", "bundled/chat-short")


def rehearsal(uri: str, prompts: PromptSet, **how: object) -> Rehearsal:
    asker = Asker(TargetConfig(name="bot", uri=uri, model="small"))
    return Rehearsal(asker, prompts, Manner(), concurrency=16, **how)  # type: ignore[arg-type]


def test_every_item_is_here() -> None:
    assert set(AUDITS) == {name for name in vars(items) if name.startswith("test_")}
    assert len(RED) == 7


def test_a_healthy_gateway_is_not_accused(prompts: PromptSet) -> None:
    with gateway() as uri:
        measured = rehearsal(uri, prompts)
        found = {name: judge(measured) for name, judge in AUDITS.items()}
    for name, finding in found.items():
        allowed = {Outcome.PASSED, Outcome.INCONCLUSIVE} if name in TIMED else {Outcome.PASSED}
        assert finding.outcome in allowed, (name, finding)


@pytest.mark.parametrize(("defect", "item"), RED.items(), ids=RED)
def test_a_defect_turns_its_item_red(
    defect: str, item: str, prompts: PromptSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "COMPARED", 40)
    monkeypatch.setattr(measuring, "AGAIN", 16)
    with gateway(defect) as uri:
        found = AUDITS[item](rehearsal(uri, prompts))
    assert found.outcome is Outcome.FAILED, found


def test_a_cache_that_tenants_share_is_found(prompts: PromptSet) -> None:
    keys = [Secret(f"sk-tenant-{number}-0123456789abcdef") for number in range(2)]
    told = tuple(key.reveal() for key in keys)
    for defects, outcome in ((["cache-answers-another-user"], Outcome.FAILED), ([], Outcome.PASSED)):
        with gateway(*defects, keys=told) as uri:
            assert rehearsal(uri, prompts, keys=keys).strangers().outcome is outcome
            assert rehearsal(uri, prompts).strangers().outcome is Outcome.INCONCLUSIVE  # nobody is let in


def test_what_comes_from_a_cache_is_not_taken_for_an_answer_under_load(prompts: PromptSet) -> None:
    with gateway("answers-from-cache", "shorter-under-load") as uri:
        found = rehearsal(uri, prompts).lengths()
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "cache" in found.reason


def test_a_rest_model_is_not_asked(prompts: PromptSet) -> None:
    config = TargetConfig(name="bot", uri="http://127.0.0.1:9", protocol="http-json")
    measured = Rehearsal(Asker(config), prompts, Manner(), concurrency=4)
    assert {judge(measured).outcome for judge in AUDITS.values()} == {Outcome.NOT_APPLICABLE}


def test_the_load_is_that_of_the_policy(prompts: PromptSet) -> None:
    assert rehearsal("http://127.0.0.1:9", prompts).load == 16
    alone = Batch([Exchange(0, 0.0, 0.0, 0.05)] * 3)
    for rate, load in ((100.0, 5), (10.0, 2), (1e6, 16)):
        measured = rehearsal("http://127.0.0.1:9", prompts, rate=rate)
        vars(measured)["alone"] = alone  # measured already
        assert measured.load == load
    beside = rehearsal("http://127.0.0.1:9", prompts, rate=10.0, beside=12)
    vars(beside)["alone"] = alone
    assert beside.load == 12, "another traffic keeps more in flight than the schedule makes"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The journal of the audits by the plugin, against a gateway that mixes up its users."""
    words = [
        "--trial-suite=load",
        f"--trial-policy={tmp_path / 'policy.yaml'}",
        f"--trial-out={tmp_path / 'out'}",
    ]
    with gateway("cache-answers-another-user") as uri:
        (tmp_path / "policy.yaml").write_text(POLICY.format(uri=uri))
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", "another or cost", *words],
            cwd=tmp_path,
            env={**os.environ},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.returncode == 1, done.stdout
    return tmp_path / "out" / "journal.ndjson"


def test_by_the_plugin(run: Path) -> None:
    journal = read_journal(run)
    outcomes = {item["title"]: item["outcome"] for item in journal.all("item")}
    assert outcomes == {
        "Prompts that the traffic repeats are not answered from a cache": "FAILED",
        "Nobody gets an answer that was made for somebody else": "FAILED",
    }
    assert [(event["name"], event["outcome"]) for event in journal.all("audit")] == [
        ("cached-answers", "FAILED"),
        ("strangers", "FAILED"),
    ]
    sent = sum(len(event["intended"]) for event in journal.all("exchanges"))
    assert sent == 32 + 2 * 32 + 96
