from __future__ import annotations

import pytest

from seatrial.reporting import facts
from seatrial.reporting.model import Report
from tests.reporting import synthetic


def test_the_run(healthy: Report) -> None:
    run = healthy.run
    assert (run.policy, run.seed, run.policy_file) == ("support-bot", "20261120", "policy.yaml")
    assert dict(run.environment)["memory"] == "24 GiB"
    assert ("numpy", "2.4.6") in run.packages
    assert (run.confidence, run.power) == (0.95, 0.9)
    assert (run.allowed, run.cost) == (8000, 0.83)


def test_a_run_that_was_cut_counts_what_is_there(killed: Report) -> None:
    assert 0 < killed.run.requests < 6000
    assert killed.run.seconds > 0
    assert killed.run.cost is None


def test_the_traffic_in_a_line() -> None:
    event = next(event for event in synthetic.events(synthetic.healthy()) if event["event"] == "traffic")
    said = facts.traffic_about(event)
    assert said.startswith(
        "8 at a time, streamed, prompts bundled/chat-short, budget 8,000 requests or 1 min 30 s"
    )
    assert said.endswith("16 warm-up requests kept apart")
    assert facts.traffic_about({}) == ""


@pytest.mark.parametrize(
    ("arrivals", "words"),
    [
        ({"kind": "poisson", "rate": "70.0/s"}, "poisson arrivals at 70/s over 32 connections"),
        ({"kind": "poisson", "rate": 2.5}, "poisson arrivals at 2.5/s over 32 connections"),
        ({"kind": "trace"}, "trace arrivals over 32 connections"),
        ("strange", ""),
        (None, ""),
    ],
)
def test_a_schedule_of_arrivals_in_words(arrivals: object, words: str) -> None:
    assert facts.traffic_about({"arrivals": arrivals, "connections": 32}) == words


def test_the_assumptions_are_named(healthy: Report) -> None:
    said = " ".join(healthy.assumptions)
    assert "bursts of at most 5 requests (declared)" in said
    assert "deff 9" in said
    assert "at most 5 %" in said
    assert "intended send time" in said
    assert "chunks, not tokens" in said


def test_declared_objectives_are_spelled_out() -> None:
    found = facts.declared_objectives(synthetic.events(synthetic.healthy()))
    assert found["latency-p95"]["statement"] == "≤ 5 % beyond 1 s"
    assert found["availability"]["statement"] == "≥ 99 %"


def test_a_declared_objective_of_a_later_version_is_kept_as_it_is() -> None:
    later = {"name": "x", "indicator": "of.tomorrow", "target": "99%"}
    run = {"event": "run", "policy": {"effective": {"spec": {"objectives": [later, "no mapping"]}}}}
    assert facts.declared_objectives([run]) == {"x": later}


def test_controls_and_their_proofs(healthy: Report) -> None:
    proven, attested, waived = healthy.controls
    assert proven.proven_by
    assert attested.evidence == ("attestation: by M. Silva, on 2026-11-02, expires 2027-02-01",)
    assert waived.waived
    assert waived.waiver.startswith("the team is being hired (until 2026-12-31)")


def test_a_fingerprint_taken_once() -> None:
    event = {
        "event": "fingerprint",
        "when": "before",
        "target": "bot",
        "digest": "sha256:1",
        "facts": {"a": [1]},
    }
    (view,) = facts.fingerprints([event])
    assert (view.before, view.after) == ("sha256:1", None)
    assert not view.unchanged
    assert view.rows == (("a", "[1]", "–", False),)
