from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seatrial.core.decision import decide, decide_events
from seatrial.core.journal import Journal
from seatrial.core.outcome import ExitCode, Outcome, aggregate


def item(outcome: str, name: str = "a", **more: Any) -> dict[str, Any]:
    return {"event": "item", "id": name, "title": name, "outcome": outcome, "exchanges": 3} | more


def identity(when: str, digest: str = "sha256:1", **more: Any) -> dict[str, Any]:
    return {"event": "fingerprint", "when": when, "target": "bot", "digest": digest} | more


def run(*items: dict[str, Any], before: str = "sha256:1", after: str = "sha256:1") -> list[dict[str, Any]]:
    collected = {"event": "collected", "items": [{"id": found["id"]} for found in items]}
    return [{"event": "journal"}, identity("before", before), collected, *items, identity("after", after)]


@pytest.mark.parametrize(
    ("outcomes", "expected", "code"),
    [
        (["PASSED"], Outcome.PASSED, 0),
        (["PASSED", "NOT_APPLICABLE"], Outcome.PASSED, 0),
        (["PASSED", "WARNED"], Outcome.WARNED, 0),
        (["PASSED", "INCONCLUSIVE"], Outcome.INCONCLUSIVE, 2),
        (["PASSED", "ERROR", "INCONCLUSIVE"], Outcome.ERROR, 4),
        (["PASSED", "ERROR", "FAILED"], Outcome.FAILED, 1),
        (["NOT_APPLICABLE"], Outcome.INCONCLUSIVE, 2),
    ],
)
def test_the_worst_outcome_wins(outcomes: list[str], expected: Outcome, code: int) -> None:
    decision = decide_events(run(*[item(outcome, f"i{n}") for n, outcome in enumerate(outcomes)]))
    assert decision.outcome is expected
    assert decision.exit_code == code


def test_nothing_collected_certifies_nothing() -> None:
    assert decide_events([{"event": "journal"}]).outcome is Outcome.INCONCLUSIVE
    assert aggregate([]) is Outcome.INCONCLUSIVE


def test_a_green_run_that_sent_nothing_certifies_nothing() -> None:
    decision = decide_events(run(item("PASSED", exchanges=0)))
    assert decision.outcome is Outcome.INCONCLUSIVE
    assert "nothing was measured" in decision.reasons[0]


def test_a_check_that_was_not_run_is_told() -> None:
    events = run(item("PASSED"))
    events[2]["items"].append({"id": "forgotten"})
    decision = decide_events(events)
    assert decision.outcome is Outcome.INCONCLUSIVE
    assert "forgotten" in decision.reasons[0]


def test_a_target_that_changed_is_rejected() -> None:
    events = run(item("PASSED"), after="sha256:2")
    events[-1]["changed"] = ["model"]
    decision = decide_events(events)
    assert decision.outcome is Outcome.FAILED
    assert decision.reasons == ("bot changed during the run: model",)


@pytest.mark.parametrize("gone", [1, -1])
def test_an_identity_that_was_not_taken_certifies_nothing(gone: int) -> None:
    events = run(item("PASSED"))
    del events[gone]
    assert decide_events(events).outcome is Outcome.INCONCLUSIVE


def test_harness_trouble_is_never_green() -> None:
    events = [*run(item("PASSED")), {"event": "error", "what": "the disk is full"}]
    assert decide_events(events).exit_code is ExitCode.HARNESS


def test_an_objective_that_is_not_key_only_warns() -> None:
    assert decide_events(run(item("FAILED", key=False), item("PASSED", "b"))).outcome is Outcome.WARNED


def test_the_last_run_of_an_item_counts() -> None:
    assert decide_events(run(item("INCONCLUSIVE"), item("PASSED"))).outcome is Outcome.PASSED


def test_an_unfinished_run_is_harness_trouble() -> None:
    events = tuple(run(item("PASSED")))
    assert decide(Journal(Path("j"), events, torn=False)).exit_code is ExitCode.HARNESS
    finished = (*events, {"event": "finish"})
    assert decide(Journal(Path("j"), finished, torn=False)).outcome is Outcome.PASSED
    assert decide(Journal(Path("j"), finished, torn=True)).outcome is Outcome.ERROR


@pytest.mark.parametrize(("kind", "code"), [("interrupted", ExitCode.HARNESS), ("usage", ExitCode.USAGE)])
def test_an_interrupted_or_impossible_run_says_nothing_about_the_target(kind: str, code: ExitCode) -> None:
    trouble = {"event": "error", "kind": kind, "where": "here", "what": "it stopped"}
    decision = decide_events([*run(item("FAILED")), trouble])
    assert decision.outcome is Outcome.ERROR
    assert decision.exit_code is code
    assert decision.reasons[0] == "here: it stopped"


def scored(*outcomes: str, weight: float = 1.0) -> list[dict[str, Any]]:
    policy = {"event": "run", "policy": {"total_score": {"pass": 0.9, "warning": 0.75}}}
    verdicts = [
        {
            "event": "verdict",
            "objective": {"name": f"o{n}", "weight": weight if n == 0 else 1.0},
            "verdict": {"outcome": o},
        }
        for n, o in enumerate(outcomes)
    ]
    items = [item(outcome, f"o{n}", key=False) for n, outcome in enumerate(outcomes)]
    return [policy, *run(*items), *verdicts]


@pytest.mark.parametrize(
    ("outcomes", "weight", "expected"),
    [
        (["PASSED"] * 4, 1, Outcome.PASSED),
        (["PASSED"] * 4 + ["FAILED"], 1, Outcome.WARNED),
        (["FAILED"] + ["PASSED"] * 4, 5, Outcome.FAILED),
        (["PASSED", "FAILED"], 1, Outcome.FAILED),
        (["PASSED", "FAILED"], 20, Outcome.WARNED),
        (["PASSED", "INCONCLUSIVE"], 1, Outcome.INCONCLUSIVE),
    ],
)
def test_the_total_score_weighs_what_is_not_key(
    outcomes: list[str], weight: float, expected: Outcome
) -> None:
    assert decide_events(scored(*outcomes, weight=weight)).outcome is expected


def test_a_policy_may_take_a_changed_target_as_not_proven() -> None:
    events = run(item("PASSED"), after="sha256:2")
    events[-1]["on_change"] = "inconclusive"
    assert decide_events(events).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(("whole", "expected"), [(True, Outcome.INCONCLUSIVE), (False, Outcome.PASSED)])
def test_what_the_policy_demands_and_nothing_exercised(whole: bool, expected: Outcome) -> None:
    spec = {"objectives": [{"name": "availability"}], "suites": ["sla", "contract"]}
    policy = {"event": "run", "whole": whole, "suites": ["contract"], "policy": {"effective": {"spec": spec}}}
    decision = decide_events([policy, *run(item("PASSED"))])
    assert decision.outcome is expected
    assert len(decision.partial) == 2
