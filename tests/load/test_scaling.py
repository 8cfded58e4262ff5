"""A step of load on targets that scale, that do not, and that never scale back."""

from __future__ import annotations

import heapq
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.exchange import Exchange
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.punctuality import Punctuality
from seatrial.core.risk import Risk
from seatrial.load.arrivals import Schedule, poisson, spike
from seatrial.load.configs import targets
from seatrial.load.scaling import Scaling, judge, measure
from seatrial.policy.loader import load_policy
from seatrial.policy.scaling import ScalingSpec
from tests.load.finite import Apart

STEP: dict[str, Any] = {
    "rate": "20/s",
    "peak": "80/s",
    "before": "20s",
    "lasting": "60s",
    "after": "60s",
    "recover_within": "20s",
}
GAUGE = {"back_within": "30s", "gauge": {"metric": "replicas"}}
IN_TIME = Objective(indicator="operation.duration", op="lte", value="1s", target="90%", name="in-time")


def stepped(
    *replicas: tuple[float, int], took: float = 0.1, late: Punctuality | None = None, **more: Any
) -> Scaling:
    """What is judged of a target whose replicas serve 10 a second each, so many from each time on."""
    spec = ScalingSpec.model_validate(STEP | more)
    times = list(Schedule(spike(20, 80, 20, 60, 140), poisson, [3]))
    log, free, left = Log(), [0.0] * replicas[0][1], list(replicas[1:])
    for index, at in enumerate(times):
        while left and left[0][0] <= at:
            moment, count = left.pop(0)
            free = sorted([*free, *[moment] * max(count - len(free), 0)])[:count]
        end = max(at, heapq.heappop(free)) + took
        heapq.heappush(free, end)
        log.append(Exchange(index, at, at, end, status=200))
    looks = [(float(at), float([count for since, count in replicas if since <= at][-1])) for at in range(140)]
    risk = Risk(bursts_up_to=None)
    return judge(spec, log, 0.0, held=[IN_TIME], risk=risk, looks=looks, punctuality=late)


def test_it_scales_out_and_back_in_time() -> None:
    found = stepped((0, 3), (26, 12), (100, 3), **GAUGE)
    assert found.recovery.outcome is Outcome.PASSED, found.recovery
    assert found.recovered_after is not None
    assert 5 <= found.recovered_after <= 16
    assert "20 s are allowed" in found.recovery.reason
    assert found.back.outcome is Outcome.PASSED
    assert "3 replicas before the step, up to 12 under the peak, back 20 s after" in found.back.reason
    assert found.served[1] == pytest.approx(80, rel=0.1)


def test_what_an_earlier_trial_made_it_add_is_not_what_it_had_before_the_step() -> None:
    found = stepped((0, 12), (8, 3), (26, 12), (100, 3), **GAUGE)
    assert found.back.outcome is Outcome.PASSED, found.back
    assert "3 replicas before the step, up to 12 under the peak" in found.back.reason
    never = stepped((0, 12), **GAUGE)
    assert never.back.outcome is Outcome.INCONCLUSIVE
    assert "never scaled out" in never.back.reason


def test_it_scales_out_too_late() -> None:
    found = stepped((0, 3), (60, 16), **GAUGE)
    assert found.recovery.outcome is Outcome.FAILED
    assert found.recovered_after is not None
    assert found.recovered_after >= 40


def test_it_never_scales_out() -> None:
    found = stepped((0, 3), **GAUGE)
    assert found.recovery.outcome is Outcome.FAILED
    assert "had not recovered when the peak ended" in found.recovery.reason
    assert found.recovered_after is None
    assert found.back.outcome is Outcome.INCONCLUSIVE
    assert "never scaled out" in found.back.reason


def test_it_never_scales_back_or_too_late() -> None:
    never = stepped((0, 3), (26, 12), **GAUGE)
    assert never.recovery.outcome is Outcome.PASSED
    assert never.back.outcome is Outcome.FAILED
    assert "still 12" in never.back.reason
    late = stepped((0, 3), (26, 12), (130, 3), **GAUGE)
    assert late.back.outcome is Outcome.FAILED


def test_without_a_gauge_outsiders_see_no_replicas() -> None:
    found = stepped((0, 3), (26, 12))
    assert found.recovery.outcome is Outcome.PASSED
    assert found.back.outcome is Outcome.NOT_APPLICABLE
    told = stepped((0, 3), (26, 12), (100, 3), gauge={"metric": "replicas"})
    assert told.back.outcome is Outcome.NOT_APPLICABLE, "nobody said within what time"
    assert "back 20 s after the peak" in told.back.reason


def test_a_target_that_does_not_hold_before_the_step_cannot_be_judged() -> None:
    found = stepped((0, 1), (21, 20))
    assert found.recovery.outcome is Outcome.INCONCLUSIVE
    assert "before the step" in found.recovery.reason


def test_a_peak_that_hurts_nobody() -> None:
    found = stepped((0, 30), **GAUGE)
    assert found.recovery.outcome is Outcome.PASSED
    assert "no second of the peak was bad" in found.recovery.reason


def test_a_late_generator_proves_nothing() -> None:
    found = stepped((0, 30), late=Punctuality(p99=0.4))
    assert found.recovery.outcome is Outcome.INCONCLUSIVE
    assert "generator" in found.recovery.reason


def test_a_gauge_that_is_not_there() -> None:
    spec = ScalingSpec.model_validate(STEP | GAUGE)
    found = judge(spec, Log(), 0.0, held=[IN_TIME], risk=Risk())
    assert found.back.outcome is Outcome.INCONCLUSIVE
    assert "did not tell replicas" in found.back.reason
    assert found.recovery.outcome is Outcome.INCONCLUSIVE


POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: scaling}}
spec:
  targets: [{{name: bot, uri: "{uri}", model: small}}]
  traffic: [{{name: steady, warmup: 2, budget: {{duration: 20s}}}}]
  objectives:
    - {{name: in-time, traffic: steady, indicator: operation.duration, op: lte, value: 1s, target: 80%}}
  scaling:
    rate: 40/s
    peak: 160/s
    before: 1s
    lasting: 3s
    after: 1s
    recover_within: 2s
    gauge: {{metric: replicas, every: 50ms}}
"""


def test_a_step_over_real_connections(tmp_path: Path) -> None:
    events: list[tuple[str, dict[str, Any]]] = []
    with Apart(2, 0.025, most=8) as target:
        file = tmp_path / "policy.yaml"
        file.write_text(POLICY.format(uri=target.uri), "utf-8")
        loaded = load_policy(file)
        assert loaded.spec.scaling is not None
        found = measure(
            loaded,
            targets(loaded),
            loaded.spec.scaling,
            seed=4,
            record=lambda event, **fields: events.append((event, fields)),
        )
    told = next(fields for event, fields in events if event == "scaling")
    assert found.exchanges == pytest.approx(560, rel=0.2)
    assert max(value for _, value in found.replicas) > 2
    assert told["outcome"] == found.recovery.outcome.value
    assert told["replicas"][0] == list(found.replicas[0])
    assert {event for event, _ in events} >= {"traffic", "exchanges", "scaling"}
