# ruff: noqa: E501 - texts stand as people read them
"""Dependencies and scenarios that do not go together."""

from __future__ import annotations

import pytest

from tests.policy.conftest import Load, Refused
from tests.policy.test_resilience import HEAVY

AT = "policy.yaml:"
DIES = "inject: [{on: primary, toxic: down}]"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((DIES, "inject: [{on: primry, toxic: down}]"),
         f"{AT}13 spec.resilience[0].inject[0].on: unknown dependency 'primry', did you mean 'primary'?\n  known: primary, secondary"),
        ((DIES, "inject: [{on: gateway, toxic: down}]"),
         f"{AT}13 spec.resilience[0].inject[0].on: down hits a dependency, and 'gateway' is a target\n  known: primary, secondary"),
        ((DIES, "inject: [{on: primary, toxic: process.kill}]"),
         f"{AT}13 spec.resilience[0].inject[0].on: process.kill hits a process, and 'primary' is a dependency\n  known: gateway"),
        ((DIES, "inject: [{on: gateway, toxic: process.kill}]"),
         f"{AT}13 spec.resilience[0].inject[0].on: process.kill must be told which process target 'gateway' is\n  add process: {{pidfile: FILE}} to the target"),
        ((DIES, "inject: [{on: primary, toxic: down}, {on: primary, toxic: latency}]"),
         f"{AT}13 spec.resilience[0].inject[1].toxic: 'primary' is down: latency on it could never act\n  take one of them away"),
        ((DIES, "inject: [{on: primary, toxic: latency}, {on: primary, toxic: latency}]"),
         f"{AT}13 spec.resilience[0].inject[1]: 'latency' on 'primary' is there already\n  give each a name of its own"),
        ((DIES, "inject: [{on: primary, toxic: http.status, attributes: {every: 2}, when: {every: 3}}]"),
         f"{AT}13 spec.resilience[0].inject[0].when: every is given under attributes and under when: once is enough"),
        (("name: primary-dies", "name: primary-dies\n      traffic: stedy"),
         f"{AT}13 spec.resilience[0].traffic: unknown traffic 'stedy', did you mean 'steady'?\n  known: steady"),
        (("name: primary-hangs", "name: primary-dies"),
         f"{AT}16 spec.resilience[1].name: 'primary-dies' is there already: each name once"),
        (("name: rate-limit", "name: rate-limit\n      scenario: provider-hnag"),
         f"{AT}23 spec.resilience[3].scenario: there is no scenario 'provider-hnag', did you mean 'provider-hang'?"),
        (("{indicator: complete_answers,", "{indicator: complete_answer,"),
         f"{AT}21 spec.resilience[2].during[0]: unknown indicator 'complete_answer'\n  did you mean 'complete_answers'?"),
        (("listen: 127.0.0.1:9102", "listen: 127.0.0.1:9101"),
         f"{AT}8 spec.dependencies[1].listen: another dependency listens on 127.0.0.1:9101 already\n  give each a port of its own"),
        (("listen: 127.0.0.1:9101", "listen: 127.0.0.1:9001"),
         f"{AT}7 spec.dependencies[0].upstream: the proxy of 'primary' would call itself: listen and upstream are the same"),
        (("{name: secondary,", "{name: gateway,"),
         f"{AT}8 spec.dependencies[1].name: 'gateway' is a target too: a fault could not tell which is meant"),
    ],
)  # fmt: skip
def test_what_does_not_go_together(refused: Refused, change: tuple[str, str], said: str) -> None:
    assert refused(change, text=HEAVY)[0].startswith(said)


ARRIVALS = ("concurrency: 4,", "arrivals: {kind: poisson, rate: 9/s},")
AVAILABLE = "during: [{indicator: availability, target: 95%}, "


@pytest.mark.parametrize(
    ("criterion", "said"),
    [
        ("{indicator: goodput, target: 90%}", "goodput is made of the objectives on latency of its traffic, and there is none"),
        ("{indicator: error_budget_burn, op: lte, value: 5, target: 90%, of: [nobody]}", "there is no objective 'nobody'"),
        ("{indicator: fairness, target: 90%}", "traffic 'steady' has fewer than two"),
        ("{indicator: queueing, op: lte, value: 1s, target: 90%}", "nothing queues in a closed loop"),
        ("{indicator: cost.request, op: lte, value: $0.01, target: 90%}", "needs the prices of target 'gateway'"),
        ("{indicator: complete_answers, target: 90%, timeSliceWindow: 5s}", "it has no slices of time"),
    ],
)  # fmt: skip
def test_criteria_that_the_traffic_cannot_tell(refused: Refused, criterion: str, said: str) -> None:
    problems = refused((AVAILABLE, f"{AVAILABLE}{criterion}, "), text=HEAVY)
    assert any(said in problem and "resilience[0].during[1]" in problem for problem in problems), problems


def test_criteria_are_made_of_the_objectives_of_their_traffic(load: Load) -> None:
    burn = (
        f"{AVAILABLE}{{indicator: error_budget_burn, op: lte, value: 5, target: 90%, timeSliceWindow: 2s}}, "
    )
    own = "  objectives: [{name: up, traffic: steady, indicator: availability, target: 98%}]\n  resilience:\n"
    loaded = load((AVAILABLE, burn), ("  resilience:\n", own), text=HEAVY)
    made = loaded.criterion(loaded.spec.resilience[0].during[1], "steady", "dies/burn", "steady@dies")
    assert ([part.name for part in made.parts], made.slice, made.traffic) == (["up"], 2.0, "steady@dies")


def test_what_ends_a_scenario_is_a_request(refused: Refused) -> None:
    stop = "stopConditions: [{indicator: served_rate, op: gte, value: 5/s, target: 50%}]"
    problems = refused((DIES, f"{DIES}\n      {stop}"), text=HEAVY)
    assert "what ends a scenario is its latest requests, and served_rate is of none" in problems[0]


def test_a_schedule_knows_no_concurrency(refused: Refused, load: Load) -> None:
    problems = refused(ARRIVALS, (DIES, f"{DIES}\n      concurrency: 8"), text=HEAVY)
    assert "spec.resilience[0].concurrency: traffic 'steady' leaves on schedule" in problems[0]
    load(ARRIVALS, (DIES, f"{DIES}\n      concurrency: 1"), text=HEAVY)  # one call at a time is asked for
    load(ARRIVALS, (DIES, "scenario: provider-hang"), text=HEAVY)  # and a bundled one may say what it likes


def test_two_traffics_and_none_named(refused: Refused) -> None:
    more = ("  resilience:\n", "    - {name: bursts}\n  resilience:\n")
    problems = refused(more, text=HEAVY)
    assert len(problems) == 4
    assert (
        "there is more than one traffic, and the scenario names none\n  add traffic: one of steady, bursts"
        in problems[0]
    )


def test_pulses_are_not_repeated(refused: Refused) -> None:
    change = (
        "recovery: {rto: 10s, consecutive: 20}",
        "recovery: {rto: 10s, repeats: 3}\n      pulses: {count: 3}",
    )
    assert "a fault in pulses is not repeated as well" in refused(change, text=HEAVY)[0]


def test_ports_that_the_system_chooses_are_never_taken(load: Load) -> None:
    loaded = load(
        ("listen: 127.0.0.1:9101", "listen: 127.0.0.1:0"),
        ("listen: 127.0.0.1:9102", "listen: 127.0.0.1:0"),
        text=HEAVY,
    )
    assert [each.listen for each in loaded.spec.dependencies] == ["127.0.0.1:0"] * 2


def test_a_process_that_is_named_may_be_hit(load: Load) -> None:
    named = ("model: chat}", "model: chat, process: {pidfile: gateway.pid}}")
    loaded = load(named, (DIES, "inject: [{on: gateway, toxic: process.kill}]"), text=HEAVY)
    assert [each.toxic for each in loaded.spec.resilience[0].inject] == ["process.kill"]


def test_a_suite_that_runs_no_scenario_is_told(load: Load) -> None:
    loaded = load(("  resilience:\n", "  suites: [contract]\n  resilience:\n"), text=HEAVY)
    assert [notice.what for notice in loaded.notices] == [
        "the suite resilience, which runs the scenarios, is not among the suites"
    ]
