"""The suite on a healthy gateway and on a broken one; `tests/chaos` shows every judge both ways."""

from __future__ import annotations

from pathlib import Path

from tests.suites.weather import outcomes

MORE = """
  resilience:
    - {scenario: bad-request, min_duration: 500ms, recovery: {consecutive: 5}}
    - {scenario: accepted-then-cut, pulses: {count: 4, requests: 60}, recovery: {consecutive: 5}}
    - {scenario: cache-loss, min_duration: 500ms, recovery: {consecutive: 5}}
"""


def test_a_healthy_gateway_passes(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "resilience", more=MORE)
    assert {name: outcome for name, (outcome, _) in found.items()} == {
        "test_fault_acted[bad-request]": "PASSED",
        "test_client_behaviour[bad-request/non-retryable-not-retried]": "PASSED",
        "test_answers[bad-request/errors-typed]": "PASSED",
        "test_recovers[bad-request]": "PASSED",
        "test_fault_acted[accepted-then-cut]": "PASSED",
        "test_during[accepted-then-cut/availability]": "PASSED",
        "test_client_behaviour[accepted-then-cut/no-double-billing]": "PASSED",
        "test_recovers[accepted-then-cut]": "PASSED",
        "test_fault_acted[cache-loss]": "PASSED",
        "test_during[cache-loss/availability]": "PASSED",
        "test_during[cache-loss/operation.duration]": "PASSED",
        "test_client_behaviour[cache-loss/no-stampede]": "PASSED",
        "test_recovers[cache-loss]": "PASSED",
    }, found


def test_defects_turn_their_items_red(tmp_path: Path) -> None:
    found = outcomes(tmp_path, "resilience", "retries-400", "double-billing", "cache-stampede", more=MORE)
    assert {name for name, (outcome, _) in found.items() if outcome == "FAILED"} == {
        "test_client_behaviour[bad-request/non-retryable-not-retried]",
        "test_client_behaviour[accepted-then-cut/no-double-billing]",
        "test_client_behaviour[cache-loss/no-stampede]",
    }, found
