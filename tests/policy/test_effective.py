"""The effective policy, its origins and its digest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from seatrial.policy.effective import digest, digest_of, effective, provenance, show
from seatrial.policy.extends import bundled_policies
from seatrial.policy.loader import load_policy
from tests.policy.conftest import Load, Write

KEY = ("model: small}", 'model: small, apiKey: "${env:BOT_KEY}", headers: {X: "${env:X}"}}')
WAIVER = "{control_id: c, justification: j, expiration_date: 2030-01-31, approver: a}"
SECRETS = {"BOT_KEY": "canary-7f3a", "X": "canary-x"}


def test_every_value_and_no_secret(load: Load) -> None:
    loaded = load(KEY, environ=SECRETS)
    document = effective(loaded)
    target = document["spec"]["targets"][0]
    assert (target["apiKey"], target["headers"]) == ("${env:BOT_KEY}", {"X": "${env:X}"})
    assert target["timeouts"]["total"] == "120s"
    assert target["maxBody"] == "16MiB"
    assert document["spec"]["risk"]["dependence"] == {"bursts_up_to": 5}
    assert "canary" not in json.dumps(document) + show(loaded) + str(provenance(loaded))


def test_a_key_that_stands_in_the_policy_is_masked(load: Load) -> None:
    loaded = load(("model: small}", "model: small, apiKey: canary-7f3a}"))
    assert effective(loaded)["spec"]["targets"][0]["apiKey"] == "[redacted]"
    assert "canary" not in show(loaded)
    assert digest(loaded) == digest(load(("model: small}", "model: small, apiKey: canary-other}")))


def test_it_is_a_policy_that_says_the_same(load: Load, write: Write) -> None:
    changes = (
        ("risk: {", "risk: {dependence: independent, min_duration: 1.5s, "),
        ("value: 1s", 'pass: [{criteria: ["<=1s"]}], warning: {value: 1500ms, target: 90%}'),
        ("op: lte, pass", "pass"),
        ("spec:\n", f"spec:\n  waivers: [{WAIVER}]\n"
         "  checklists: [one]\n  validity: {expires: 1h}\n  total_score: {pass: 1, warning: 0.5}\n"),
        ("stream: true,", "stream: true, params: {stop: null, temperature: 0.1},"),
    )  # fmt: skip
    loaded = load(*changes)
    again = load(text=yaml.safe_dump(effective(loaded), allow_unicode=True))
    assert effective(again) == effective(loaded)
    assert again.policy == loaded.policy
    assert digest(again) == digest(loaded)
    assert again.traffic("steady").params == {"stop": None, "temperature": 0.1}


@pytest.mark.parametrize("name", sorted(bundled_policies()))
def test_bundled_policies_say_the_same_again(name: str, load: Load) -> None:
    loaded = load_policy(name, trial=False)
    again = load(text=yaml.safe_dump(effective(loaded), allow_unicode=True), trial=False)
    assert again.policy.spec.model_copy(update={"extends": ()}) == loaded.policy.spec.model_copy(
        update={"extends": ()}
    )


def test_the_digest_is_that_of_the_file(load: Load) -> None:
    plain = load()
    assert digest(plain).startswith("sha256:")
    assert len(digest(plain)) == 71
    assert digest(load(target="http://elsewhere/v1")) == digest(plain) == digest_of("policy.yaml")
    loaded = load(KEY, environ=SECRETS)
    other = load(KEY, environ={"BOT_KEY": "another", "X": "y"})
    assert digest(loaded) == digest(other) == digest_of("policy.yaml") != digest(plain)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("target: 99%", "target: 98%"),
        ("value: 1s", "value: 1001ms"),
        ("power: 0.9", "power: 0.8"),
        ("small", "large"),
    ],
)
def test_the_digest_changes_with_every_limit(load: Load, old: str, new: str) -> None:
    assert digest(load((old, new))) != digest(load())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("target: 99%", "target: 0.99"),
        ("   # apiKey", " # a comment"),
        ("power: 0.9", "power: 90%"),
        ("90s", "1.5m"),
    ],
)
def test_the_digest_does_not_depend_on_spelling(load: Load, old: str, new: str) -> None:
    assert digest(load((old, new))) == digest(load())


def test_the_digest_covers_what_is_extended(write: Write) -> None:
    head = "apiVersion: seatrial/v1alpha1\nkind: ReleasePolicy\nmetadata: {name: x}\n"
    write(text=head + "spec: {extends: base.yaml, suites: [sla]}\n")
    write(text=head + "spec: {risk: {power: 0.9}}\n", name="base.yaml")
    before = digest_of("policy.yaml")
    write(text=head + "spec: {risk: {power: 0.8}}\n", name="base.yaml")
    assert digest_of("policy.yaml") != before


def test_an_address_left_to_the_command_line(load: Load, write: Write) -> None:
    changes = ('uri: "http://127.0.0.1:8000/v1", ', "")
    loaded = load(changes, target="http://h/v1")
    assert loaded.target().uri == "http://h/v1"
    assert "uri" not in effective(loaded)["spec"]["targets"][0]
    assert effective(loaded, overridden=True)["spec"]["targets"][0]["uri"] == "http://h/v1"
    assert digest(loaded) == digest_of("policy.yaml")


def test_a_tier_with_an_address_alone() -> None:
    loaded = load_policy("tiers/basic", target="http://h/v1")
    assert loaded.target().name == "target"
    assert digest(loaded) == digest_of("tiers/basic")


def test_where_each_value_comes_from(load: Load) -> None:
    origins = provenance(load(target="http://h/v1"))
    assert origins["spec.targets[0].uri"] == "--target"
    assert origins["spec.objectives[1].value"] == "policy.yaml:12"
    assert origins["spec.risk.dependence.bursts_up_to"] == "default"
    assert set(origins.values()) == {
        "--target",
        "default",
        *(f"policy.yaml:{line}" for line in (1, 2, 3, 6, 8, 9, 11, 12, 13)),
    }


def test_shown_to_people(load: Load) -> None:
    lines = show(load(("spec:\n", "spec:\n  checklists: [one]\n"), target="http://h/v1")).splitlines()
    assert lines[0].startswith("# support-bot  sha256:")
    told = {line.split()[0]: line.split()[1:] for line in lines[1:]}
    assert told["spec.targets[bot].uri"] == ["http://h/v1", "--target"]
    assert told["spec.objectives[latency-p95].value"] == ["1s", "policy.yaml:13"]
    assert told["spec.risk.segments"] == ["3", "default"]
    assert told["spec.checklists[one].name"] == ["one", "policy.yaml:5"]
    assert "spec.description" not in told
    assert all(line == line.rstrip() for line in lines)


def test_it_does_not_depend_on_where_the_file_lies(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write()
    write(name="sub/policy.yaml")
    assert digest_of("policy.yaml") == digest_of(Path("sub/policy.yaml").absolute())
