# ruff: noqa: E501 - texts stand as people read them
"""When requests leave, as a policy writes it, in words, and what does not fit together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from seatrial.policy.arrivals import KINDS, ArrivalsSpec
from seatrial.policy.loader import LoadedPolicy
from seatrial.policy.traffic import TrafficSpec

Load = Callable[..., LoadedPolicy]
TRAFFIC = "concurrency: 8, stream: true"

WORDS: dict[str, tuple[dict[str, Any], str]] = {
    "constant": ({"rate": "5/s"}, "constant arrivals at 5/s"),
    "poisson": ({"rate": "200/s"}, "poisson arrivals at 200/s"),
    "gamma": ({"rate": "5/s", "cv": 3}, "gamma arrivals at 5/s"),
    "ramp": ({"start": "1/s", "rate": "9/s"}, "arrivals in a ramp from 1/s to 9/s"),
    "steps": ({"rates": ["1/s", "9/s"], "each": "5s"}, "arrivals in steps of 1/s, 9/s, 5 s each"),
    "spike": (
        {"rate": "2/s", "peak": "9/s", "at": "2s", "lasting": "1s"},
        "arrivals at 2/s with a spike of 9/s",
    ),
    "sinusoid": ({"rate": "5/s", "amplitude": "2/s", "period": "5s"}, "sinusoid arrivals at 5/s"),
    "trace": ({"file": "a.csv"}, "arrivals of the trace a.csv"),
    "closed": ({"think_time": "3s"}, "8 users who think for 3 s on average before the next request"),
    "single-stream": ({}, "MLPerf's single-stream: one request after the other"),
    "multi-stream": ({"samples": 8}, "MLPerf's multi-stream: queries of 8 requests, one after the other"),
    "server": ({"rate": "5/s"}, "MLPerf's server: poisson arrivals at 5/s"),
    "offline": ({}, "MLPerf's offline: all at once"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_in_words_and_back_from_its_dump(kind: str) -> None:
    fields, words = WORDS[kind]
    spec = ArrivalsSpec.model_validate({"kind": kind, **fields})
    assert spec.told(8) == words
    assert ArrivalsSpec.model_validate(spec.model_dump(mode="json", exclude_none=True)) == spec
    assert spec.closed == (kind in ("closed", "single-stream", "multi-stream"))
    assert spec.scheduled == (not spec.closed and kind != "offline")


def test_users_who_all_think_equally_long() -> None:
    spec = ArrivalsSpec.model_validate({"kind": "closed", "think_time": "3s", "process": "constant"})
    assert spec.told(1) == "1 user who thinks for 3 s before the next request"


@pytest.mark.parametrize(
    ("fields", "flying", "words"),
    [
        ({}, 4, "4 at a time"),
        ({"concurrency": 2, "arrivals": {"kind": "closed", "think_time": "1s"}}, 2, "2 users who think"),
        ({"arrivals": {"kind": "single-stream"}}, 1, "single-stream"),
        ({"arrivals": {"kind": "multi-stream", "samples": 8}}, 8, "multi-stream"),
        ({"arrivals": {"kind": "offline", "samples": 8}, "connections": 9}, None, "offline"),
        ({"arrivals": {"kind": "server", "rate": "9/s"}, "processes": 2}, None, "server"),
    ],
)
def test_how_many_are_in_flight(fields: dict[str, Any], flying: int | None, words: str) -> None:
    spec = TrafficSpec.model_validate({"name": "load", **fields})
    dumped = spec.model_dump(mode="json", exclude_none=True)
    assert TrafficSpec.model_validate(dumped) == spec, "what is dumped reads in again"
    assert spec.in_flight == flying
    assert words in spec.pattern


CLOSED = {"kind": "closed", "think_time": "1s"}
OFFLINE = {"kind": "offline"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"arrivals": CLOSED, "processes": 2}, "leave from one process"),
        ({"arrivals": {"kind": "multi-stream", "samples": 2}, "processes": 2}, "leave from one process"),
        ({"arrivals": OFFLINE, "processes": 2}, "leave from one process"),
        ({"arrivals": CLOSED, "duration": "9s"}, "no schedule that could end"),
        ({"arrivals": OFFLINE, "duration": "9s"}, "no schedule that could end"),
        ({"arrivals": CLOSED, "connections": 9}, "a connection for each request in flight"),
        ({"arrivals": {"kind": "single-stream"}, "concurrency": 4}, "say themselves how many"),
        ({"arrivals": {"kind": "server", "rate": "9/s"}, "concurrency": 4}, "there is no concurrency"),
    ],
)
def test_what_belongs_to_a_schedule_alone_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        TrafficSpec.model_validate({"name": "load", **fields})


def test_a_trace_that_is_not_there(load: Load, refused: Callable[..., list[str]]) -> None:
    change = (TRAFFIC, "stream: true, arrivals: {kind: trace, file: day.csv}")
    (said,) = refused(change)
    assert said.startswith("policy.yaml:8 spec.traffic[0].arrivals.file: there is no trace 'day.csv'")
    assert load(change, trial=False).spec.traffic[0].arrivals is not None
    Path("day.csv").write_text("time\n1\n", "utf-8")
    assert load(change).file("spec", "traffic", 0, "arrivals", "file") == Path("day.csv")


LAST = "    - {name: ttfc-p95, traffic: steady, indicator: time_to_first_chunk, op: lte, value: 500ms, target: 95%}\n"
QUERY = (
    LAST + "    - {name: q, traffic: steady, indicator: query.duration, op: lte, value: 1s, target: 99%}\n"
)


def test_queries_are_judged_where_there_are_any(load: Load, refused: Callable[..., list[str]]) -> None:
    streams = (TRAFFIC, "stream: true, arrivals: {kind: multi-stream, samples: 6}")
    assert load(streams, (LAST, QUERY)).objective("q").samples == 6
    assert load(streams).objective("latency-p95").samples == 6
    for other in (TRAFFIC, "stream: true, arrivals: {kind: offline}"):
        (said,) = refused((TRAFFIC, other), (LAST, QUERY))
        assert "a query is made of requests that leave together, and traffic 'steady' has none" in said


def test_nothing_queues_where_requests_wait_for_answers(refused: Callable[..., list[str]]) -> None:
    queueing = (
        LAST + "    - {name: q, traffic: steady, indicator: queueing, op: lte, value: 1s, target: 9%}\n"
    )
    for other in (TRAFFIC, "stream: true, arrivals: {kind: single-stream}"):
        (said,) = refused((TRAFFIC, other), (LAST, queueing))
        assert "nothing queues in a closed loop" in said


def test_no_fault_is_tried_under_arrivals_without_a_schedule(
    refused: Callable[..., list[str]], load: Load
) -> None:
    scenario = """\
  dependencies: [{name: primary, listen: "127.0.0.1:0", upstream: "127.0.0.1:9"}]
  resilience: [{name: down, inject: [{on: primary, toxic: down}], during: [{indicator: availability, target: 9%}]}]
  risk:"""
    thinking = (TRAFFIC, "stream: true, arrivals: {kind: closed, think_time: 1s}")
    said = refused(thinking, ("  risk:", scenario))
    assert any("arrivals of kind closed, which no fault is tried under" in each for each in said)
    assert load((TRAFFIC, "stream: true, arrivals: {kind: server, rate: 5/s}"), ("  risk:", scenario))
