"""`seatrial demo`: the healthy gateway is certified; a broken one never is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seatrial.cli import demo
from seatrial.core.journal import read_journal
from seatrial.policy.effective import digest, digest_of
from seatrial.policy.loader import load_policy
from seatrial.systems.reference.defect import Defect
from seatrial.systems.reference.defects import DEFECTS
from seatrial.systems.runner import System
from tests.cli.conftest import Seatrial


def test_list_defects_names_one_a_line(seatrial: Seatrial) -> None:
    done = seatrial("demo", "--list-defects")
    assert done.exit_code == 0
    assert done.output.splitlines() == list(DEFECTS)
    assert len(DEFECTS) >= 15


def test_an_unknown_defect_is_usage_and_names_the_nearest(seatrial: Seatrial, home: Path) -> None:
    done = seatrial("demo", "--defect", "slowtail")
    assert done.exit_code == 3
    assert "'slow-tail'" in done.stderr
    assert not (home / "runs").exists()


def test_a_real_model_has_no_defects(seatrial: Seatrial) -> None:
    assert seatrial("demo", "--llm", "--defect", "slow-tail").exit_code == 3


def test_the_healthy_gateway_is_certified_by_the_whole_policy(seatrial: Seatrial, home: Path) -> None:
    done = seatrial("demo", "--seed", 3, "--out", home / "out")
    assert done.exit_code == 0, done.output
    assert "Certified." in done.output
    run = read_journal(home / "out" / "journal.ndjson").first("run") or {}
    assert run["command"] == "seatrial demo"
    assert run["seed"] == 3
    assert "SEATRIAL_DEMO_KEY" not in os.environ
    verified = seatrial(
        "verify",
        home / "out" / "certificate.intoto.json",
        "--policy",
        "demo",
        "--key",
        home / "out" / "seatrial.pub",
    )
    assert verified.exit_code == 0, verified.output


def test_one_suite_is_a_part_and_certifies_nothing(seatrial: Seatrial, home: Path) -> None:
    done = seatrial("demo", "--suite", "identity", "--out", home / "out")
    assert "certifies nothing" in done.output
    refused = seatrial(
        "verify",
        home / "out" / "certificate.intoto.json",
        "--policy",
        "demo",
        "--key",
        home / "out" / "seatrial.pub",
    )
    assert refused.exit_code == 1
    assert "not run" in refused.stderr


@pytest.mark.parametrize(
    ("defect", "suite", "red"),
    [
        ("wrong-model-reported", "identity", "test_answers_name_the_model"),
        ("no-authentication", "contract", "test_no_key_is_refused"),
        ("stack-trace-in-error", "contract", "shows_no_internals"),
    ],
)
def test_a_defect_is_rejected_with_its_check_red(
    seatrial: Seatrial, home: Path, defect: str, suite: str, red: str
) -> None:
    done = seatrial("demo", "--defect", defect, "--suite", suite, "--out", home / "out")
    assert done.exit_code == 1, done.output
    items = read_journal(home / "out" / "journal.ndjson").all("item")
    failed = [item["id"] for item in items if item["outcome"] == "FAILED"]
    assert any(red in item for item in failed), failed


def test_the_gateway_is_gone_afterwards(seatrial: Seatrial, home: Path) -> None:
    done = seatrial("demo", "--suite", "identity", "--out", home / "out")
    uri = done.output.splitlines()[0].rpartition(": ")[2]
    again = seatrial("init", uri, "--out", home / "p.yaml")
    assert again.exit_code == 3
    assert "refused" in again.stderr


@pytest.mark.parametrize(
    ("suites", "defects", "runs", "system"),
    [
        ((), (), (), "reference"),
        (("sla,contract",), (), ("sla", "contract"), "reference"),
        ((), ("slow-tail",), (), "reference"),
        (("resilience,recovery",), (), ("resilience", "recovery"), "reference-resilient"),
        ((), ("no-timeout",), ("resilience",), "reference-resilient"),
        ((), ("jobs-lost-on-crash", "no-timeout"), ("resilience", "recovery"), "reference-resilient"),
        (("load",), (), ("load",), "reference-crew"),
        ((), ("memory-leak", "freezes"), ("load",), "reference-crew"),
    ],
)
def test_the_system_is_the_one_that_shows_it(
    suites: tuple[str, ...], defects: tuple[str, ...], runs: tuple[str, ...], system: str
) -> None:
    assert demo._suites(suites, defects) == runs
    assert demo._shown(runs)[0] == system


@pytest.mark.parametrize("suites", ["sla,resilience", "recovery,load", "sla,load"])
def test_calm_weather_heavy_weather_and_load_are_shown_apart(suites: str, seatrial: Seatrial) -> None:
    done = seatrial("demo", "--suite", suites)
    assert done.exit_code == 3
    assert "run them apart" in done.stderr


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_every_defect_is_shown_on_a_system_whose_policy_runs_what_catches_it(defect: Defect) -> None:
    suites = demo._suites((), (defect.name,))
    _, policy = demo._shown(suites)
    environ = dict.fromkeys((demo.KEY, demo.OTHER_KEY, demo.PIDFILE), "k") | {demo.ALERTS: "1"}
    addresses = [
        demo.ADDRESS.format(name=name, what=what)
        for name in ("PRIMARY", "SECONDARY", "CACHE")
        for what in ("LISTEN", "UPSTREAM")
    ]
    environ |= {name: f"127.0.0.1:{port}" for port, name in enumerate(addresses, 1)}
    loaded = load_policy(policy, environ=environ)
    assert loaded.spec.suites is not None
    assert set(loaded.spec.suites) & set(defect.caught_by)
    names = {objective.name for objective in loaded.objectives()}
    assert any(each in names or each.startswith("test_") for each in defect.caught)


@pytest.mark.parametrize("base", [20_000, 21_000])
def test_the_policy_expects_the_dependencies_where_the_demo_starts_them(base: int) -> None:
    recipe, policy = demo.RESILIENT
    system = System(recipe)
    system.ports = {name: base + number for number, name in enumerate(system.recipe.ports)}
    told = demo._known(system) | {demo.PIDFILE: "gateway.pid"}
    loaded = load_policy(policy, environ=told)
    fields = {"name", "listen", "upstream", "protocol", "role"}
    found = [
        spec.model_dump(include=fields, exclude_none=True, mode="json") for spec in loaded.spec.dependencies
    ]
    assert found == system.dependencies
    assert {spec.kind for spec in loaded.spec.dependencies} == {"provider", "cache"}
    assert digest(loaded) == digest_of(policy), "whatever the ports, it is the same policy"
