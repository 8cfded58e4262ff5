"""The reference gateway with a capacity that is known: the healthy one is green, each defect is caught."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.outcome import Outcome
from seatrial.core.verdict import Verdict
from seatrial.load import capacity, from_policy, overload, scaling
from seatrial.load.configs import targets
from seatrial.policy.loader import LoadedPolicy, load_policy
from seatrial.systems.runner import System

POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: reference}}
spec:
  targets: [{{name: bot, uri: "{uri}", model: small, apiKey: "${{env:BOT_KEY}}"}}]
  traffic:
    - name: steady
      max_tokens: 4
      arrivals: {{kind: poisson, rate: 120/s}}
      tenants: [{{name: big, weight: 3}}, {{name: small, apiKey: "${{env:OTHER_KEY}}"}}]
      budget: {{duration: 20s}}
  risk: {{dependence: independent, min_duration: 1s, segments: 1}}
  objectives:
    - {{name: availability, traffic: steady, indicator: availability, target: 80%}}
    - {{name: in-time, traffic: steady, indicator: operation.duration, op: lte, value: 900ms, target: 80%}}
    - {{name: fair, traffic: steady, indicator: fairness, target: 80%}}
    - {{name: good, traffic: steady, indicator: goodput, target: 70%}}
  capacity:
    from: 60/s
    to: 240/s
    precision: 50%
    level: {{duration: 5s, warmup: 300ms, least: 300ms, pause: 50ms}}
  scaling:
    rate: 20/s
    peak: 90/s
    before: 1s
    lasting: 4s
    after: 3s
    recover_within: 2s
    back_within: 3s
    gauge: {{metric: gateway_workers, every: 200ms}}
"""
Loaded = Callable[[System], LoadedPolicy]
SMALL = ("--workers", "4", "--service-time", "0.04")
"""100 a second."""


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    def loaded(system: System) -> LoadedPolicy:
        monkeypatch.setenv("BOT_KEY", str(system.api_key))
        monkeypatch.setenv("OTHER_KEY", str(system.other_key))
        file = tmp_path / "policy.yaml"
        file.write_text(POLICY.format(uri=system.uri), "utf-8")
        return load_policy(file)

    return loaded


def silent(event: str, **fields: Any) -> None:
    """Nobody keeps a journal here."""


def unless_busy(reason: str) -> None:
    """Skip where this machine was too busy to send on time: the product itself says that it knows nothing."""
    if "the generator" in reason:
        pytest.skip(reason)


def searched(loaded: LoadedPolicy, **changes: float) -> capacity.Capacity:
    assert loaded.spec.capacity is not None
    spec = loaded.spec.capacity.model_copy(update=changes)
    found = capacity.measure(loaded, targets(loaded), spec, seed=2, month="2026-11", record=silent)
    unless_busy(found.reason)
    return found


def overloaded(loaded: LoadedPolicy, breaks: float | None) -> overload.Overload:
    spec = loaded.spec.capacity
    assert spec is not None
    found = overload.measure(loaded, targets(loaded), spec, breaks, seed=2, record=silent)
    unless_busy(found.reason)
    return found


def stepped(loaded: LoadedPolicy, **changes: Any) -> scaling.Scaling:
    assert loaded.spec.scaling is not None
    spec = loaded.spec.scaling.model_copy(update=changes)
    found = scaling.measure(loaded, targets(loaded), spec, seed=2, record=silent)
    unless_busy(found.recovery.reason)
    return found


def judged(loaded: LoadedPolicy, *names: str) -> dict[str, Verdict]:
    traffic = from_policy.traffic(loaded, "steady", targets(loaded), seed=2, record=silent)
    try:
        found = {name: loaded.objective(name).judge(traffic) for name in names}
        unless_busy(" ".join(verdict.reason for verdict in found.values()))
        return found
    finally:
        traffic.close()


def test_the_known_capacity_is_found(loaded: Loaded) -> None:
    with System("reference", arguments=SMALL) as system:
        found = searched(loaded(system))
    assert found.lower is not None, found.reason
    assert found.upper is not None, found.reason
    assert found.lower <= 150, "100 a second, to within the precision of the search"
    assert 90 <= found.upper <= 240


def test_back_pressure(loaded: Loaded) -> None:
    with System("reference", arguments=SMALL) as system:
        healthy = overloaded(loaded(system), 150.0)
    assert healthy.outcome is Outcome.PASSED, healthy
    with System("reference", arguments=[*SMALL, "--defect", "no-back-pressure"]) as system:
        endless = overloaded(loaded(system), 150.0)
    assert endless.outcome is Outcome.FAILED, endless
    assert "nobody sent away" in endless.reason
    assert overloaded(loaded(system), None).outcome is Outcome.NOT_APPLICABLE


CREW = ("--workers", "2", "--max-workers", "6", "--service-time", "0.04")


def test_scaling(loaded: Loaded) -> None:
    with System("reference", arguments=CREW) as system:
        healthy = stepped(loaded(system))
    assert healthy.recovery.outcome is Outcome.PASSED, healthy.recovery
    assert healthy.back.outcome is Outcome.PASSED, healthy.back


def test_scaling_that_is_broken(loaded: Loaded) -> None:
    with System("reference", arguments=[*CREW, "--defect", "scale-out-never"]) as system:
        never_out = stepped(loaded(system), after=0.5, back_within=None, gauge=None)
    assert never_out.recovery.outcome is Outcome.FAILED
    with System("reference", arguments=[*CREW, "--defect", "scale-in-never"]) as system:
        never_in = stepped(loaded(system))
    assert never_in.back.outcome is Outcome.FAILED, never_in.back


def test_tenants_and_goodput(loaded: Loaded) -> None:
    names = ("fair", "good")
    with System("reference") as system:
        healthy = judged(loaded(system), *names)
    assert {name: verdict.outcome for name, verdict in healthy.items()} == dict.fromkeys(
        names, Outcome.PASSED
    ), healthy
    with System("reference", arguments=["--defect", "tenant-starvation", *SMALL]) as system:
        starved = judged(loaded(system), "fair")
    assert starved["fair"].outcome is Outcome.FAILED, starved
    assert "small has" in starved["fair"].reason
