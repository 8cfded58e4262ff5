# ruff: noqa: E501 - texts stand as people read them
"""What the models refuse, in words."""

from __future__ import annotations

import pytest

from seatrial.policy.document import ReleasePolicy
from seatrial.policy.schema_problems import keys_at
from tests.policy.conftest import Refused

T = "policy.yaml:6 spec.targets[0]"
S = "policy.yaml:8 spec.traffic[0]"
J = "policy.yaml:12 spec.objectives[1]"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("indicator: operation.duration", "indicatr: operation.duration", f"{J}.indicatr: unknown key 'indicatr', did you mean 'indicator'?"),
        ("indicator: operation.duration", "indicatr: operation.duration", f"{J}: the key 'indicator' is missing"),
        ("apiVersion: seatrial/v1alpha1", "apiVersion: v1", "policy.yaml:1 apiVersion: 'v1' is not known here\n  one of: seatrial/v1alpha1"),
        ("kind: ReleasePolicy", "kind: ReleasePolice", "policy.yaml:2 kind: 'ReleasePolice' is not known here, did you mean 'ReleasePolicy'?\n  one of: ReleasePolicy"),
        ("name: support-bot}", "name: support bot}", "policy.yaml:3 metadata.name: 'support bot' is no name\n  a name is made of letters, digits, dots, dashes and underscores"),
        ("spec:\n", "spec:\n  objectve: []\n", "policy.yaml:5 spec.objectve: unknown key 'objectve', did you mean 'objectives'?"),
        ("spec:\n", "spec:\n  scenarios: []\n", "policy.yaml:5 spec.scenarios: unknown key 'scenarios': write open-loop load as arrivals of a traffic, scenarios under faults as resilience"),
        ("concurrency: 8", "arrivals: {kind: poisson}", f"{S}.arrivals: arrivals of kind poisson need rate"),
        ("model: small", "zzz: small", f"{T}.zzz: unknown key 'zzz'\n  known here: name, protocol, uri, model, apiKey, headers, environment, identity, capabilities, prices, timeouts, tls, http, health, process, maxBody"),
        ("model: small", "model: 4", f"{T}.model: a text is expected, not the number 4\n  put it into quotes"),
        ("model: small", "model: [a]", f"{T}.model: a text is expected, not a list"),
        ("model: small", "tls: yes", f"{T}.tls: a mapping of keys is expected, not the text 'yes'"),
        ("model: small", "tls: {verify: yes}", f"{T}.tls.verify: true or false is expected, not the text 'yes'"),
        ("model: small", "capabilities: tools", f"{T}.capabilities: a list is expected, not the text 'tools'"),
        ("model: small", "capabilities: [tool]", f"{T}.capabilities[0]: 'tool' is not known here, did you mean 'tools'?\n  one of: tools, json_schema, logprobs, embeddings"),
        ("model: small", "timeouts: {totl: 3s}", f"{T}.timeouts.totl: unknown key 'totl', did you mean 'total'?"),
        ("model: small", "timeouts: {total: 0s}", f"{T}.timeouts.total: it must be more than 0"),
        ("model: small", "identity: {image: latest}", f"{T}.identity.image: 'latest' is not of the expected form"),
        ("model: small", "protocol2: x", f"{T}.protocol2: unknown key 'protocol2', did you mean 'protocol'?"),
        ("openai-chat", "openai", f"{T}.protocol: unknown protocol 'openai', did you mean 'openai-chat'?\n  known: openai-chat, anthropic-messages, http-json"),
        ("http://127", "127", f"{T}.uri: '127.0.0.1:8000/v1' is no http or https address\n  such as http://127.0.0.1:8000/v1"),
        ("http://127", "http://me:pw@127", f"{T}.uri: the address holds credentials, and an address is shown in every report\n  put them into apiKey or headers as ${{env:NAME}}"),
        ("op: lte, value: 1s", "op: le, value: 1s", f"{J}.op: 'le' is not known here, did you mean 'lte'?\n  one of: lt, lte, gt, gte"),
        ("op: lte, value: 1s", "op: lte, value: [1s]", f"{J}.value: a number with its unit is expected, such as 500ms"),
        ("op: lte, value: 1s", "op: lte, value: 1s, weight: 0", f"{J}.weight: it must be more than 0"),
        ("op: lte, value: 1s", "op: lte, value: 1s, weight: .nan", f"{J}.weight: a finite number is expected, not the number nan"),
        ("op: lte, value: 1s", "op: lte, value: 1s, weight: heavy", f"{J}.weight: a number is expected, not the text 'heavy'"),
        ("budget: {requests: 8000, duration: 90s}", "budget: {}", f"{S}.budget: a budget without a limit\n  give requests, duration or cost"),
        ("requests: 8000", "requests: 0", f"{S}.budget.requests: it must be more than 0"),
        ("duration: 90s", "duration: 90", f"{S}.budget.duration: 90 is not a duration: it has no unit\n  write a number with one of the units ns, us, ms, s, m, h, d, such as 500ms"),
        ("power: 0.9", "power: 0.3", "policy.yaml:9 spec.risk.power: it must be more than 50 % and less than 100 %"),
        ("power: 0.9", "dependence: none", "policy.yaml:9 spec.risk.dependence: 'none' is no dependence\n  write {bursts_up_to: 5}, or independent"),
        ("power: 0.9", "dependence: {bursts: 3}", "policy.yaml:9 spec.risk.dependence.bursts: unknown key 'bursts', did you mean 'bursts_up_to'?"),
        ("power: 0.9", "dependence: {bursts_up_to: 0}", "policy.yaml:9 spec.risk.dependence.bursts_up_to: it must be more than 0"),
        ("spec:\n", "spec:\n  total_score: {pass: 50%, warning: 60%}\n", "policy.yaml:5 spec.total_score: the score that warns is above the score that passes: it could never warn"),
        ("spec:\n", "spec:\n  waivers: [{control_id: a, justification: '', expiration_date: 2026-02-30, approver: x}]\n", "policy.yaml:5 spec.waivers[0].justification: it must not be empty"),
        ("spec:\n", "spec:\n  waivers: [{control_id: a, justification: b, expiration_date: 2026-02-30, approver: x}]\n", "policy.yaml:5 spec.waivers[0].expiration_date: '2026-02-30' is no date: day is out of range for month\n  write it as 2026-12-01"),
        ("spec:\n", "spec:\n  attestations: {folder: a, keys: []}\n", "policy.yaml:5 spec.attestations.keys: at least one is needed"),
        ("spec:\n", "spec:\n  validity: {expires: never}\n", "policy.yaml:5 spec.validity.expires: 'never' is not a duration\n  write a number with one of the units ns, us, ms, s, m, h, d, such as 500ms"),
    ],
)  # fmt: skip
def test_refused(refused: Refused, old: str, new: str, said: str) -> None:
    assert said in refused((old, new))


def test_a_policy_without_a_spec(refused: Refused, sample: str) -> None:
    head = sample[: sample.index("spec:")]
    told = refused(text=head)
    assert told[0] == "policy.yaml:1: the key 'spec' is missing"
    assert (
        refused(text=head + "spec: 5\n")[0]
        == "policy.yaml:4 spec: a mapping of keys is expected, not the number 5"
    )
    assert (
        refused(text=head + "spec:\n")[0] == "policy.yaml:4 spec: a mapping of keys is expected, not nothing"
    )


def test_lists_that_are_no_lists(refused: Refused, sample: str) -> None:
    head = sample[: sample.index("  targets:")]
    told = refused(text=head + "  targets: 5\n  traffic: {a: 1}\n  objectives: [7]\n")
    assert told[:3] == [
        "policy.yaml:5 spec.targets: a list is expected, not the number 5",
        "policy.yaml:6 spec.traffic: a list is expected, not a mapping",
        "policy.yaml:7 spec.objectives[0]: a mapping of keys is expected, not the number 7",
    ]


def test_keys_by_place() -> None:
    assert keys_at(ReleasePolicy, ()) == ["apiVersion", "kind", "metadata", "spec"]
    assert keys_at(ReleasePolicy, ("spec", "targets", 3, "tls")) == ["ca", "server_name", "verify"]
    assert "pass" in keys_at(ReleasePolicy, ("spec", "objectives", 0))
    assert keys_at(ReleasePolicy, ("spec", "targets", 0, "headers", "x")) == []
