"""What a plan assumes: the pace of every kind of arrivals, and what a recording tells of tokens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seatrial.load.assumed import DEFAULT_OUTPUT, output_of, pace_of, recorded
from seatrial.load.plan import TrafficPlan, plan_policy
from seatrial.policy.loader import load_policy
from seatrial.policy.traffic import TrafficSpec

POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: planned}}
spec:
  targets:
    - {{name: bot, protocol: openai-chat, uri: "http://127.0.0.1:9/v1", prices: {{input: $1, output: $2}}}}
  traffic: [{{name: load, warmup: 0, {traffic}}}]
  suites: [sla]
  risk: {{dependence: independent, min_duration: 2s, segments: 1}}
  objectives: [{{name: quick, traffic: load, indicator: {indicator}, op: lte, value: 1s, target: 90%}}]
"""


def traffic(**fields: Any) -> TrafficSpec:
    return TrafficSpec.model_validate({"name": "load", **fields})


@pytest.mark.parametrize(
    ("fields", "pace"),
    [
        ({"concurrency": 6}, 3.0),
        ({"concurrency": 6, "arrivals": {"kind": "closed", "think_time": "1s"}}, 2.0),
        ({"arrivals": {"kind": "single-stream"}}, 0.5),
        ({"arrivals": {"kind": "multi-stream", "samples": 8}}, 4.0),
        ({"arrivals": {"kind": "offline"}, "connections": 20}, 10.0),
        ({"arrivals": {"kind": "offline"}}, 128.0),
        ({"arrivals": {"kind": "server", "rate": "7/s"}}, 7.0),
        ({"arrivals": {"kind": "steps", "rates": ["2/s", "4/s"], "each": "1s"}}, 3.0),
    ],
)
def test_the_pace_of_every_kind_where_answers_take_two_seconds(fields: dict[str, Any], pace: float) -> None:
    assert pace_of(traffic(**fields), 2.0) == pytest.approx(pace)


def planned(
    folder: Path, text: str, indicator: str = "operation.duration", trial: bool = False
) -> TrafficPlan:
    (folder / "policy.yaml").write_text(POLICY.format(traffic=text, indicator=indicator), "utf-8")
    (only,) = plan_policy(load_policy(folder / "policy.yaml", trial=trial)).traffics
    return only


def test_a_recording_tells_pace_tokens_and_how_far_it_reaches(tmp_path: Path) -> None:
    trace = "arrivals: {kind: trace, file: own.csv}, max_tokens: 300"
    rows = "".join(f"{number / 5},{200 + number % 2 * 200},{number % 2 * 400}\n" for number in range(20))
    (tmp_path / "own.csv").write_text(f"time,input_tokens,output_tokens\n{rows}", "utf-8")
    loaded_plan = planned(tmp_path, trace)
    assert loaded_plan.pattern == "arrivals of the trace own.csv"
    assert loaded_plan.requests.most == 20
    assert (
        loaded_plan.output == 150
    )  # 1 and 300: what is not there is asked for once, the traffic's limit holds
    assert loaded_plan.seconds.expected == pytest.approx(max(loaded_plan.requests.expected / 5, 2.0))
    each = (300 * 1 + 150 * 2) / 1e6
    assert loaded_plan.usd is not None
    assert loaded_plan.usd.expected == pytest.approx(loaded_plan.requests.expected * each)
    (told,) = [limit for limit in loaded_plan.never if "trace" in limit]
    assert told.endswith("requests are needed at best, the trace has 20")
    (tmp_path / "own.csv").write_text(
        "time\n" + "".join(f"{number / 5}\n" for number in range(2000)), "utf-8"
    )
    assert planned(tmp_path, trace).never == ()


def test_a_trace_that_is_not_here_is_assumed(tmp_path: Path) -> None:
    found = planned(tmp_path, "arrivals: {kind: trace, file: own.csv}")
    assert found.output == DEFAULT_OUTPUT
    assert output_of(traffic(), None) == DEFAULT_OUTPUT
    loaded = load_policy(tmp_path / "policy.yaml", trial=False)
    assert recorded(loaded, loaded.spec.traffic[0]) is None


def test_users_who_think_too_long_for_the_budget_of_time(tmp_path: Path) -> None:
    thinking = "concurrency: 2, arrivals: {kind: closed, think_time: 2s}"
    (said,) = planned(tmp_path, f"{thinking}, budget: {{duration: 8s}}").maybe
    assert said == "8 s suffice only for more users, or for users who think less"
    (said,) = planned(tmp_path, f"{thinking}, budget: {{duration: 70s}}").maybe
    assert said.startswith("1 min 10 s suffice only where an answer takes less than")


def test_a_query_is_as_many_requests_as_it_has(tmp_path: Path) -> None:
    streams = planned(tmp_path, "arrivals: {kind: multi-stream, samples: 8}", "query.duration")
    assert streams.answer == 0.5
    one = planned(tmp_path, "arrivals: {kind: single-stream}")
    assert streams.requests.least == 8 * one.requests.least
    assert streams.pattern == "MLPerf's multi-stream: queries of 8 requests, one after the other"
