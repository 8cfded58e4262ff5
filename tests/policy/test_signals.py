# ruff: noqa: E501 - texts stand as people read them
"""Signals in a policy: where the monitoring speaks, and what may come from the environment."""

from __future__ import annotations

import pytest

from seatrial.policy.effective import digest, effective
from seatrial.policy.loader import load_policy
from tests.policy.conftest import Load, Refused, Write

RISK = "  risk: {confidence: 0.95, power: 0.9}\n"


def signals(*lines: str) -> tuple[str, str]:
    """The sample's policy with these signals."""
    return RISK, RISK + "  signals:\n" + "".join(f"    - {{{line}}}\n" for line in lines)


def test_each_source_is_read(load: Load) -> None:
    loaded = load(
        signals(
            'name: a, metric: {url: "http://127.0.0.1:9/metrics", name: up}',
            'name: b, prometheus: {url: "http://127.0.0.1:9090", query: "up == 0"}',
            'name: c, alertmanager: {url: "http://127.0.0.1:9093", alert: Down}, every: 200ms',
            "name: d, webhook: {port: 9110, path: /alerts, labels: {severity: page}}",
        )
    )
    assert [each.source for each in loaded.spec.signals] == [
        "metric",
        "prometheus",
        "alertmanager",
        "webhook",
    ]
    assert loaded.spec.signals[2].every == 0.2


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        ("name: a", "a signal has one source\n  one of: metric, prometheus, alertmanager, webhook"),
        ("name: a, webhook: {port: 0}", "0 is no port that the monitoring could be told\n  a number from 1 to 65535"),
        ("name: a, webhook: {}", "the key 'port' is missing"),
        ("name: a, webhok: {port: 1}", "did you mean 'webhook'?"),
        ('name: a, prometheus: {url: "http://x"}', "Prometheus is asked one thing\n  give query or alert"),
        ('name: a, metric: {url: "{gateway.root}/metrics", name: up}', "is no http or https address"),
    ],
)  # fmt: skip
def test_what_is_no_signal_is_told_with_its_line(refused: Refused, signal: str, said: str) -> None:
    (problem,) = refused(signals(signal))
    assert problem.startswith("policy.yaml:11 spec.signals[0]")
    assert said in problem


def test_two_of_one_name(refused: Refused) -> None:
    twin = "name: a, webhook: {port: 9110}"
    assert "'a' is there already" in refused(signals(twin, twin))[0]


TOLD = signals(
    'name: a, webhook: {port: "${env:ALERTS}"}',
    'name: b, alertmanager: {url: "${env:AM}", alert: Down, token: "${env:AM_TOKEN}"}',
)


def test_addresses_and_tokens_may_come_from_the_environment(load: Load) -> None:
    loaded = load(TOLD, environ={"ALERTS": "9110", "AM": "http://127.0.0.1:9093", "AM_TOKEN": "canary-tok"})
    hook, manager = loaded.spec.signals[0].webhook, loaded.spec.signals[1].alertmanager
    assert hook is not None
    assert manager is not None
    assert (hook.port, manager.url) == (9110, "http://127.0.0.1:9093")
    assert manager.token is not None
    assert manager.token.reveal() == "canary-tok"
    assert loaded.redact("canary-tok") == "[redacted]"
    assert "canary-tok" not in str(effective(loaded))
    assert effective(loaded)["spec"]["signals"][0]["webhook"]["port"] == "${env:ALERTS}"


def test_the_digest_does_not_depend_on_it(load: Load, write: Write) -> None:
    loaded = load(TOLD, environ={"ALERTS": "9110", "AM": "http://127.0.0.1:9093", "AM_TOKEN": "t"})
    unset = load_policy(write(TOLD), environ=None, trial=False)
    assert digest(unset) == digest(loaded)


def test_a_token_that_was_written_down_is_hidden_all_the_same(load: Load) -> None:
    loaded = load(signals('name: b, alertmanager: {url: "http://x:1", alert: Down, token: canary-plain}'))
    assert loaded.redact("canary-plain") == "[redacted]"


def test_nothing_else_of_a_signal_may(refused: Refused) -> None:
    (problem,) = refused(signals('name: a, webhook: {port: 1, alert: "${env:NAME}"}'), environ={"NAME": "x"})
    assert "may stand in targets, and in addresses of dependencies and signals, alone" in problem
