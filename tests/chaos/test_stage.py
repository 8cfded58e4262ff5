from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seatrial.chaos.phase import AFTER, BEFORE, UNDER, Phase
from seatrial.chaos.stage import Stage
from seatrial.core.errors import UsageError
from seatrial.load.configs import targets
from seatrial.policy.loader import LoadedPolicy
from tests.chaos.pages import Keeping, keeping
from tests.chaos.world import POLICY, policy


class Dependency:
    """A dependency that remembers what was injected."""

    name = "primary"

    def __init__(self) -> None:
        self.injected: list[tuple[str, dict[str, Any]]] = []

    def inject(self, type: str, **given: Any) -> Any:
        self.injected.append((type, given))
        return self

    def attempts(self, since: int = 0) -> list[Any]:
        return []


def stage(loaded: LoadedPolicy, **dependencies: Any) -> Stage:
    return Stage(loaded, targets(loaded), lambda: dependencies, seed=7, record=lambda event, **fields: None)


def planned(loaded: LoadedPolicy, **spec: Any) -> Any:
    from seatrial.chaos.plan import scenario
    from seatrial.policy.resilience import ScenarioSpec

    given = {"name": "x", "inject": [{"on": "primary", "toxic": "down"}], **spec}
    return scenario(loaded, ScenarioSpec.model_validate(given))


def test_a_phase_asks_the_target_with_references(tmp_path: Path) -> None:
    target = Keeping()
    with keeping(target) as root:
        loaded = policy(tmp_path, POLICY.replace("http://127.0.0.1:4000", root))
        phase = stage(loaded).phase(planned(loaded), AFTER)
        try:
            phase.traffic.extend(lambda: len(phase.log) >= 12)
        finally:
            phase.traffic.close()
    assert len(phase.seen) == len(phase.log) >= 12
    assert all(each.good and each.model == "chat" for each in phase.seen)
    assert phase.zero <= phase.sent[0] <= phase.ended(0)
    assert phase.traffic.name == "steady@x/after"


def test_what_a_scenario_says_comes_before_the_traffic(tmp_path: Path) -> None:
    loaded = policy(tmp_path)
    own = planned(loaded, concurrency=2, stream=True, budget={"requests": 7}, patience="2s")
    phase = stage(loaded).phase(own, UNDER)
    assert phase.traffic.name == "steady@x"
    assert phase.traffic.budget.requests == 7
    assert phase.traffic.risk.min_duration == 3.0
    phase.traffic.close()


ARRIVALS = "arrivals: {kind: constant, rate: 100/s}, connections: 80, duration: 2s"


def frozen(folder: Path, how: str, target: Keeping, **spec: Any) -> Phase:
    """A hundred requests to a target that stands still for half a second after the thirtieth."""
    with keeping(target) as root:
        loaded = policy(folder, POLICY.replace("http://127.0.0.1:4000", root).replace("concurrency: 4", how))
        phase = stage(loaded).phase(planned(loaded, **spec), UNDER)

        def until() -> bool:
            if len(phase.log) >= 30 and not target.thaw:
                target.thaw = time.monotonic() + 0.5
            return len(phase.log) >= 100

        try:
            phase.traffic.extend(until)
        finally:
            phase.traffic.close()
    return phase


def late(phase: Phase) -> float:
    """The share that took longer than an answer does at its worst."""
    return float((phase.log.duration() > 0.1).mean())


def test_on_a_schedule_all_who_meant_to_ask_feel_a_freeze(tmp_path: Path) -> None:
    phase = frozen(tmp_path, ARRIVALS, Keeping())
    assert np.diff(phase.log.intended()) == pytest.approx(0.01)
    assert late(phase) > 0.25


@pytest.mark.parametrize(("how", "spec"), [("concurrency: 2", {}), (ARRIVALS, {"concurrency": 1})])
def test_callers_who_wait_for_their_answers_hide_it(tmp_path: Path, how: str, spec: dict[str, Any]) -> None:
    assert late(frozen(tmp_path, how, Keeping(), **spec)) < 0.2


def test_the_journal_tells_the_schedule(tmp_path: Path) -> None:
    target, told = Keeping(), list[dict[str, Any]]()
    with keeping(target) as root:
        loaded = policy(
            tmp_path, POLICY.replace("http://127.0.0.1:4000", root).replace("concurrency: 4", ARRIVALS)
        )
        keep = stage(loaded)
        keep.record = lambda event, **fields: told.append({"event": event, **fields})
        phase = keep.phase(planned(loaded), BEFORE, paced=True)
        phase.traffic.extend(lambda: len(phase.log) >= 5)
        phase.traffic.close()
    opening = next(each for each in told if each["event"] == "traffic")
    assert (opening["concurrency"], opening["connections"]) == (None, 80)
    assert opening["arrivals"]["kind"] == "constant"


def test_a_schedule_ends_under_the_fault_and_not_beside_it(tmp_path: Path) -> None:
    ramp = "arrivals: {kind: steps, rates: [200/s], each: 100ms, process: constant}"
    target, sent = Keeping(), dict[str, int]()
    with keeping(target) as root:
        loaded = policy(
            tmp_path, POLICY.replace("http://127.0.0.1:4000", root).replace("concurrency: 4", ramp)
        )
        for name in (UNDER, AFTER):
            phase = stage(loaded).phase(planned(loaded), name)
            phase.traffic.extend(lambda phase=phase: len(phase.log) >= 50)  # type: ignore[misc]
            phase.traffic.close()
            sent[name] = len(phase.log)
    assert sent[UNDER] < 21
    assert sent[AFTER] >= 50


def test_tenants_ask_with_their_own_keys(tmp_path: Path) -> None:
    tenants = "concurrency: 4, tenants: [{name: a, apiKey: sk-one}, {name: b}]"
    target = Keeping()
    with keeping(target) as root:
        text = POLICY.replace("http://127.0.0.1:4000", root).replace("concurrency: 4", tenants)
        loaded = policy(tmp_path, text.replace("model: chat,", "model: chat, apiKey: sk-own,"))
        phase = stage(loaded).phase(planned(loaded), UNDER)
        phase.traffic.extend(lambda: len(phase.log) >= 20)
        phase.traffic.close()
    assert phase.log.tenants is not None
    asked = Counter(target.keys)
    assert set(asked) == {"Bearer sk-one", "Bearer sk-own"}
    assert asked["Bearer sk-one"] == int((phase.log.tenants.of(0, len(phase.log)) == 0).sum())


def test_a_fault_goes_to_its_dependency(tmp_path: Path) -> None:
    loaded = policy(tmp_path)
    primary = Dependency()
    injection = planned(
        loaded,
        inject=[{"on": "primary", "toxic": "http.status", "attributes": {"status": 429}, "toxicity": 0.5}],
    ).injections[0]
    stage(loaded, primary=primary).inject(injection, "http-status-1")
    (type_, given), *_ = primary.injected
    assert (type_, given["name"], given["toxicity"]) == ("http.status", "http-status-1", 0.5)
    assert given["attributes"]["status"] == 429


@pytest.mark.parametrize(
    ("process", "found"),
    [
        ("{pid: 4000}", 4000),
        ("{cgroup: /sys/fs/cgroup/x}", Path("/sys/fs/cgroup/x")),
        ("{pidfile: a.pid}", 77),
    ],
)
def test_the_process_of_a_target(tmp_path: Path, process: str, found: Any) -> None:
    (tmp_path / "a.pid").write_text("77\n")
    loaded = policy(tmp_path, POLICY.replace("{pid: 4000}", process))
    assert stage(loaded).process("gateway") == found


@pytest.mark.parametrize(
    ("process", "said"),
    [
        (", process: {pid: 4000}", "does not name the process"),
        (", process: {pidfile: b.pid}", "holds no process id"),
    ],
)
def test_a_process_that_cannot_be_told(tmp_path: Path, process: str, said: str) -> None:
    text = POLICY.replace(", process: {pid: 4000}", "" if "pid:" in process else process)
    with pytest.raises(UsageError, match=said):
        stage(policy(tmp_path, text)).process("gateway")
