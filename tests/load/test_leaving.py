"""A policy's arrivals, sent to a target: kinds that wait for answers, and traces that tell what is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import UsageError
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.load import from_policy
from seatrial.load.leaving import require_schedule, require_times_only
from seatrial.load.traffic import Traffic
from seatrial.policy.loader import load_policy
from seatrial.policy.traffic import TrafficSpec
from seatrial.targets.config import HttpJson, TargetConfig
from tests.load.echo import Echo

POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: arriving}}
spec:
  targets: [{{name: bot, protocol: openai-chat, uri: "{uri}", model: small}}]
  traffic: [{{name: load, warmup: 2, budget: {{requests: 24, duration: 20s}}, {traffic}}}]
  risk: {{dependence: independent, min_duration: 1ms, segments: {segments}, pause: 1ms}}
  objectives:
    - {{name: queries, traffic: load, indicator: {indicator}, op: lte, value: 5s, target: 60%}}
"""
TRACE = """\
time,session,input_tokens,output_tokens
0.00,a,30,5
0.01,a,60,6
0.01,,25,7
0.02,b,20,8
0.03,a,90,9
0.04,b,50,4
"""


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        yield server


class Sent:
    """One traffic sent until its objective is decided, or to its end."""

    def __init__(
        self,
        folder: Path,
        echo: Echo,
        traffic: str,
        *,
        whole: bool = True,
        indicator: str = "operation.duration",
        segments: int = 1,
        config: TargetConfig | None = None,
    ) -> None:
        text = POLICY.format(uri=echo.uri, traffic=traffic, indicator=indicator, segments=segments)
        (folder / "policy.yaml").write_text(text, "utf-8")
        self.loaded = load_policy(folder / "policy.yaml")
        self.events: list[dict[str, Any]] = []
        configs = {"bot": config or TargetConfig(uri=echo.uri, model="small", name="bot")}
        self.traffic: Traffic = from_policy.traffic(self.loaded, "load", configs, seed=7, record=self._record)
        try:
            if whole:
                self.traffic.extend(lambda: False)
            else:
                self.verdict = self.loaded.objective("queries").judge(self.traffic)
        finally:
            self.traffic.close()
        self.opening = next(event for event in self.events if event["event"] == "traffic")
        self.log = self.traffic.log

    def _record(self, event: str, **fields: Any) -> None:
        self.events.append({"event": event} | fields)

    def event(self, name: str) -> dict[str, Any]:
        return next(event for event in self.events if event["event"] == name)


def test_users_who_think(tmp_path: Path, echo: Echo) -> None:
    sent = Sent(tmp_path, echo, "concurrency: 3, arrivals: {kind: closed, think_time: 4ms}")
    assert len(sent.log) == 24
    assert sent.log.ok().all()
    assert (sent.opening["concurrency"], sent.opening["connections"]) == (3, 3)
    assert sent.opening["arrivals"]["told"] == "3 users who think for 4 ms on average before the next request"
    assert len(set(echo.ports)) <= 3
    assert list(sent.log.intended()) == sorted(sent.log.intended())


def test_one_after_the_other(tmp_path: Path, echo: Echo) -> None:
    sent = Sent(tmp_path, echo, "arrivals: {kind: single-stream}")
    ends = sent.log.intended() + sent.log.duration()
    assert (sent.log.intended()[1:] >= ends[:-1] - 1e-5).all()
    assert (len(sent.log), sent.opening["concurrency"], len(set(echo.ports))) == (24, 1, 1)


def test_queries_are_judged_by_their_slowest(tmp_path: Path, echo: Echo) -> None:
    stream = "arrivals: {kind: multi-stream, samples: 4}"
    sent = Sent(tmp_path, echo, stream, whole=False, indicator="query.duration")
    assert len(set(sent.log.intended())) == len(sent.log) / 4
    assert 1 <= sent.verdict.n <= len(sent.log) / 4
    assert "after every query" in sent.verdict.method
    assert sent.verdict.bad == 0
    assert sent.opening["concurrency"] == 4
    lower = Objective(indicator="query.duration", op="lte", value="1us", target="60%", samples=4)
    echo_again = Sent(tmp_path, echo, stream)
    assert lower.judge(echo_again.traffic).outcome is Outcome.FAILED


def test_all_at_once_stretch_by_stretch(tmp_path: Path, echo: Echo) -> None:
    sent = Sent(tmp_path, echo, "connections: 5, arrivals: {kind: offline, samples: 8}", segments=3)
    assert (len(sent.log), sent.traffic.segments) == (24, 3)
    assert len(set(sent.log.intended())) == 3
    assert len(set(echo.ports)) <= 5
    assert sent.opening["concurrency"] is None
    assert sent.traffic.punctuality().p99 == 0.0, "who leaves when is not what offline is about"


def test_throughput_of_offline_is_that_of_the_answers_coming_in(tmp_path: Path, echo: Echo) -> None:
    echo.takes = 0.01
    sent = Sent(tmp_path, echo, "connections: 2, arrivals: {kind: offline, samples: 24}")
    (begin, end), done = sent.log.stretches[0], sent.log.intended() + sent.log.duration()
    assert (begin <= sent.log.intended()).all()
    assert end == pytest.approx(float(done.max()))
    served = Objective(indicator="served_rate", op="gte", value="1000000/s", target="50%", slice=0.02)
    verdict = served.judge(sent.traffic)
    assert verdict.n >= 3, "the answers of twelve rounds of 10 ms"
    assert verdict.bad == verdict.n


def test_offline_takes_the_whole_set_by_default(tmp_path: Path, echo: Echo) -> None:
    (tmp_path / "own.jsonl").write_text('{"prompt": "Hello?"}\n' * 6, "utf-8")
    sent = Sent(tmp_path, echo, "prompts: own.jsonl, arrivals: {kind: offline}")
    assert (len(sent.log), sent.traffic.segments) == (24, 4)


def test_a_trace_is_sent_with_its_lengths_and_its_sessions(tmp_path: Path, echo: Echo) -> None:
    echo.takes = 0.05
    (tmp_path / "own.csv").write_text(TRACE, "utf-8")
    sent = Sent(tmp_path, echo, "arrivals: {kind: trace, file: own.csv}")
    # Two of its six requests were the warm-up; sessions go on across it.
    assert len(sent.log) == 4
    assert sent.traffic.stopped == "the schedule is at its end"
    told = sent.event("sessions")
    assert (told["traffic"], told["turns"], told["unanswered"], told["crowded"]) == ("load", 5, 0, 0)
    assert told["waited"] >= 2
    trace = sent.opening["trace"]
    assert (trace["requests"], trace["sessions"], trace["file"]) == (6, 2, "own.csv")
    assert (trace["input_tokens"], trace["output_tokens"]) == (45.8, 6.5)
    assert sorted(event["prompt"] for event in sent.events if event["event"] == "exchanges") == [[2, 3, 4, 5]]
    lengths = sorted(len(text) for text in echo.asked)
    # 30, 20 and 25 tokens begin; 60, 90 and 50 go on with a conversation (whose answers have 16 letters).
    assert lengths == sorted([120, 80, 100, 240 - 136, 360 - 256, 200 - 96])


def test_what_is_asked_comes_from_one_process(tmp_path: Path, echo: Echo) -> None:
    (tmp_path / "own.csv").write_text(TRACE, "utf-8")
    trace = "arrivals: {kind: trace, file: own.csv}"
    with pytest.raises(UsageError, match="several processes cannot send traffic 'load': its trace tells"):
        Sent(tmp_path, echo, f"processes: 2, {trace}")
    with pytest.raises(UsageError, match="has tenants that take turns"):
        Sent(tmp_path, echo, f"tenants: [{{name: a}}, {{name: b}}], {trace}")
    assert echo.asked == []


def test_conversations_need_a_target_that_takes_them(tmp_path: Path, echo: Echo) -> None:
    (tmp_path / "own.csv").write_text(TRACE, "utf-8")
    trace = "arrivals: {kind: trace, file: own.csv}"
    for body, fits in (('{"q": "{{prompt}}"}', False), ('{"messages": "{{messages}}"}', True)):
        rest = HttpJson(path="/v1/chat/completions", body=body, answer="$.choices[0].message.content")
        config = TargetConfig(
            uri=echo.uri.removesuffix("/v1"), protocol="http-json", name="bot", http_json=rest
        )
        if fits:
            assert len(Sent(tmp_path, echo, trace, config=config).log) == 4
        else:
            with pytest.raises(UsageError, match="takes one text"):
                Sent(tmp_path, echo, trace, config=config)
            assert echo.asked == []


@pytest.mark.parametrize(
    "arrivals",
    [
        {"kind": "closed", "think_time": "1s"},
        {"kind": "single-stream"},
        {"kind": "multi-stream", "samples": 8},
        {"kind": "offline"},
    ],
)
def test_others_than_our_engine_only_keep_schedules(arrivals: dict[str, Any]) -> None:
    spec = TrafficSpec.model_validate({"name": "load", "arrivals": arrivals})
    with pytest.raises(UsageError, match=f"Locust cannot send traffic 'load': .*{arrivals['kind']}"):
        require_schedule(spec, "Locust")
    for fits in (None, {"kind": "server", "rate": "5/s"}):
        require_schedule(TrafficSpec.model_validate({"name": "load", "arrivals": fits}), "Locust")


def test_times_alone_are_for_everybody(tmp_path: Path) -> None:
    spec = TrafficSpec.model_validate({"name": "load", "arrivals": {"kind": "trace", "file": "t"}})
    (tmp_path / "t").write_text("time\n1\n2\n", "utf-8")
    require_times_only(spec, tmp_path / "t", "Locust")
    (tmp_path / "t").write_text(TRACE, "utf-8")
    with pytest.raises(UsageError, match="Locust cannot send traffic 'load': its trace tells"):
        require_times_only(spec, tmp_path / "t", "Locust")
