from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seatrial.chaos.phase import AFTER, UNDER
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
