# ruff: noqa: E501 - texts stand as people read them
"""What can be wrong about an objective, each refusal with its line and words."""

from __future__ import annotations

import pytest

from tests.policy.conftest import Load, Refused

LATENCY = "indicator: operation.duration, op: lte, value: 1s, target: 95%"
AVAILABLE = "{name: availability, traffic: steady, indicator: availability, target: 99%}"
AT_2 = "policy.yaml:12 spec.objectives[1]"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            "latency-p95, traffic: steady,",
            "latency-p95,",
            f"{AT_2}: an objective is judged on traffic or on a dataset, and this one names neither\n"
            "  add traffic: one of steady",
            id="no-traffic",
        ),
        pytest.param(
            "latency-p95, traffic: steady,",
            "latency-p95, traffic: steady, dataset: policy.yaml,",
            f"{AT_2}.dataset: an objective is judged on traffic or on a dataset, not on both",
            id="both",
        ),
        pytest.param(
            "latency-p95, traffic: steady,",
            "latency-p95, dataset: gone.jsonl,",
            f"{AT_2}.dataset: there is no file 'gone.jsonl'",
            id="no-dataset",
        ),
        pytest.param(
            "operation.duration",
            "operation.durations",
            f"{AT_2}.indicator: unknown indicator 'operation.durations', did you mean 'operation.duration'?",
            id="unknown-indicator",
        ),
        pytest.param(
            "op: lte, value: 1s, ",
            "",
            f"{AT_2}: operation.duration is a duration: op and value is missing\n  such as op: lte, value: 500ms",
            id="no-op",
        ),
        pytest.param(
            "value: 1s",
            "value: 1",
            f"{AT_2}.value: operation.duration: 1 is not a duration: it has no unit\n"
            "  write a number with one of the units ns, us, ms, s, m, h, d, such as 500ms",
            id="no-unit",
        ),
        pytest.param(
            "value: 1s",
            "value: 1s, unit: ms",
            f"{AT_2}.value: operation.duration: '1s' has a unit of its own beside unit 'ms'\n  write one of the two",
            id="two-units",
        ),
        pytest.param(
            "op: lte, value: 1s, target: 95%",
            "op: lte, value: 1s",
            f"{AT_2}: the share that must be good is missing: target\n  such as target: 95%",
            id="no-target",
        ),
        pytest.param(
            "value: 1s, target: 95%",
            "value: 1s, target: 0",
            f"{AT_2}.target: a target of 0 % is met by everything\n  write such as 95%",
            id="zero-target",
        ),
        pytest.param(
            "value: 1s, target: 95%",
            "value: 1s, target: 195%",
            f"{AT_2}.target: '195%' is not a share: more than everything\n"
            "  write a percentage such as 99% or a number from 0 to 1 such as 0.99",
            id="target-above-1",
        ),
        pytest.param(
            "indicator: availability, target: 99%",
            "indicator: availability, op: gte, value: 99%",
            "policy.yaml:11 spec.objectives[0].op: availability itself tells good from bad: it takes a target, and no op\n"
            "  write target: 99%",
            id="op-for-a-share",
        ),
        pytest.param(
            "op: lte, value: 1s",
            'pass: [{criteria: ["<600ms or so"]}]',
            f"{AT_2}.pass: operation.duration: '600ms or so' is not a duration\n"
            "  write a number with one of the units ns, us, ms, s, m, h, d, such as 500ms",
            id="unanchored-criterion",
        ),
        pytest.param(
            "op: lte, value: 1s",
            'pass: [{criteria: ["<=+10%"]}]',
            f"{AT_2}.pass: '<=+10%' is relative to a baseline, and there is none to compare with\n"
            "  write an absolute criterion, such as <=600ms",
            id="relative-criterion",
        ),
        pytest.param(
            "op: lte, value: 1s",
            'op: lte, value: 1s, pass: [{criteria: ["<=1s"]}]',
            f"{AT_2}.value: value is given here and under pass: once is enough",
            id="said-twice",
        ),
        pytest.param(
            LATENCY,
            f"{LATENCY}, warning: {{value: 500ms}}",
            f"{AT_2}.warning: the warning (95 % ≤ 500 ms) is as strict as the objective (95 % ≤ 1 s): it could never warn\n"
            "  a warning is looser than what passes",
            id="strict-warning",
        ),
        pytest.param(
            LATENCY,
            f'{LATENCY}, warning: [{{criteria: [">=2s"]}}]',
            f"{AT_2}.warning: the warning (95 % ≥ 2 s) looks the other way than the objective (95 % ≤ 1 s)\n"
            "  both are upper limits, or both lower ones",
            id="opposite-warning",
        ),
        pytest.param(
            LATENCY,
            f"{LATENCY}, warning: {{}}",
            f"{AT_2}.warning: a warning gives a value or a target",
            id="empty-warning",
        ),
        pytest.param(
            AVAILABLE,
            "{name: slow, traffic: steady, indicator: operation.duration, op: gte, value: 2s, target: 50%}",
            f"{AT_2}: no system can meet both 'slow' (50 % ≥ 2 s) and 'latency-p95' (95 % ≤ 1 s)\n  correct one of them",
            id="contradiction",
        ),
    ],
)
def test_refused(refused: Refused, old: str, new: str, said: str) -> None:
    told = refused((old, new))
    assert any(
        problem.split("\n")[0] == said.split("\n", maxsplit=1)[0] and problem.startswith(said)
        for problem in told
    ), told


def test_chunks_need_a_stream(refused: Refused) -> None:
    changes = (("time_to_first_chunk", "time_per_output_chunk"), ("stream: true", "stream: false"))
    assert refused(*changes) == [
        "policy.yaml:13 spec.objectives[2].indicator: time_per_output_chunk needs a stream, and traffic 'steady' "
        "asks for whole answers\n  set stream: true for traffic 'steady'"
    ]


@pytest.mark.parametrize(
    "warning",
    ["{value: 2s}", "{target: 90%}", "{value: 2s, target: 99%}", '[{criteria: ["<=2s"]}]'],
)
def test_warnings_that_can_warn(load: Load, warning: str) -> None:
    objective = load((LATENCY, f"{LATENCY}, warning: {warning}")).spec.objectives[1]
    looser = objective.looser
    assert looser is not None
    assert not looser.at_least_as_strict_as(objective.bar)


@pytest.mark.parametrize(
    "other",
    ["op: gte, value: 2s, target: 5%", "op: lte, value: 3s, target: 99%", "op: gte, value: 1s, target: 4%"],
)
def test_pairs_that_can_be_met(load: Load, other: str) -> None:
    assert load((AVAILABLE, f"{{name: b, traffic: steady, indicator: operation.duration, {other}}}"))


def test_the_same_limit_on_two_traffics_is_no_contradiction(load: Load) -> None:
    other = "{name: b, traffic: slow, indicator: operation.duration, op: gte, value: 2s, target: 50%}"
    assert load((AVAILABLE, other), ("  risk:", "    - {name: slow}\n  risk:"))
