"""Soaks of seconds: what grows is told, what does not is passed, and an interrupted one goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from seatrial.load.configs import targets
from seatrial.load.soak.from_policy import Wish, soak, soak_names
from seatrial.load.soak.growth import Growth
from seatrial.load.soak.soak import Plan, Soak
from seatrial.load.soak.state import State, Terms
from seatrial.load.soak.watch import Reading
from seatrial.load.soak.windows import Window
from seatrial.policy.loader import load_policy
from seatrial.systems.reference.defects import DEFECTS
from seatrial.systems.runner import System

LIMITS = {"latency": 0.5, "errors": 0.1, "memory": 0.3, "files": 0.5}
PLAN = Plan("steady", 0.6, 600.0, 0.1, 0.6, 40, LIMITS, 5, Risk(bursts_up_to=None), 3)
TERMS = Terms("sha256:1", "steady", "bot", "http://127.0.0.1/v1", 0.6, 600.0, 40, 3)
POLICY = """
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: soak}}
spec:
  targets: [{{name: bot, uri: "{uri}", model: small, process: {{pid: {pid}}}}}]
  traffic:
    - name: steady
      stream: true
      soak:
        duration: 5s
        rate: 70/s
        settle: 20%
        checkpoints: 40
        growth: {{latency: 60%, errors: 12%, memory: 30%, files: 80%}}
        gauges:
          - {{name: in-flight, metric: gateway_in_flight, growth: 100%}}
  risk: {{dependence: independent}}
  suites: [load]
"""
LEAKS = {
    "memory-leak": "memory",
    "fd-leak": "files",
    "latency-drift": "latency",
    "errors-creep": "errors",
}


BUSY = {"latency", "latency-p95", "in-flight"}
"""What grows on a machine that gets busy with something else within the few seconds of a test."""


class Sender:
    """Answers at once, or as a test wants it."""

    def __init__(self, fate: Callable[[int], ErrorKind | None] = lambda index: None) -> None:
        self.fate = fate
        self.prompts: list[int] = []
        self.closed = False

    def begin(
        self,
        prompt: int,
        then: Callable[[Exchange], None],
        *,
        index: int,
        intended: float,
        zero: float,
        failed: Callable[[BaseException], None],
    ) -> None:
        self.prompts.append(prompt)
        if self.fate(index) is ErrorKind.CONNECT:
            failed(HarnessError("no file descriptor is left"))
            return
        done = Exchange(index, intended, intended, intended + 0.01, error=self.fate(index))
        asyncio.get_running_loop().call_soon(then, done)

    async def close(self) -> None:
        self.closed = True


class Watch:
    """Tells figures that a test has made up."""

    names: tuple[str, ...] = ("memory", "files")

    def __init__(self, process: Callable[[int], str] = lambda look: "7/1") -> None:
        self.looks = 0
        self._process = process

    def read(self) -> Reading:
        self.looks += 1
        return Reading({"memory": 1e8, "files": 12.0}, self._process(self.looks))


def fake(tmp_path: Path, sender: Sender, **how: Any) -> Soak:
    async def connect() -> Sender:
        return sender

    events: list[Any] = how.pop("events", [])
    state = how.pop("state", None) or State(TERMS)
    watches = how.pop("watches", [Watch()])
    plan = replace(PLAN, **how.pop("plan", {}))
    return Soak(
        plan,
        state,
        tmp_path / "soak-steady.json",
        connect,
        watches,
        lambda *e, **k: events.append((e, k)),
        **how,
    )


def outcomes(findings: list[Growth]) -> dict[str, Outcome]:
    return {found.figure: found.outcome for found in findings}


def test_a_soak_in_a_second(tmp_path: Path) -> None:
    events: list[Any] = []
    sender = Sender()
    soaking = fake(tmp_path, sender, events=events)
    assert outcomes(soaking.run()) == {
        "latency": Outcome.PASSED,
        "latency-p95": Outcome.NOT_APPLICABLE,
        "errors": Outcome.PASSED,
        "memory": Outcome.PASSED,
        "files": Outcome.PASSED,
    }
    kinds = [event[0] for event, _ in events]
    assert kinds.count("checkpoint") == 40
    assert kinds.count("soak") == 5
    counted = sum(window.good for window in soaking.state.windows)
    assert counted == len(sender.prompts) == soaking.state.sent + soaking.sent
    assert 200 < counted < 540
    assert set(sender.prompts) == set(range(5))
    assert sender.closed


def test_an_interrupted_soak_goes_on(tmp_path: Path) -> None:
    def stop(window: Window, count: int) -> None:
        if window.end > 0.3:
            raise KeyboardInterrupt

    sender = Sender()
    with pytest.raises(KeyboardInterrupt):
        fake(tmp_path, sender, look=stop).run()
    assert sender.closed
    left = State.load(tmp_path / "soak-steady.json")
    assert 0.3 < left.elapsed < 0.36
    before = [window.to_dict() for window in left.windows]
    rest = fake(tmp_path, Sender(), state=replace_session(left))
    findings = rest.run()
    assert [window.to_dict() for window in rest.state.windows[: len(before)]] == before
    assert len(rest.state.windows) == 40
    assert outcomes(findings)["memory"] is Outcome.PASSED
    assert State.load(tmp_path / "soak-steady.json").sent == rest.state.sent > left.sent / 2


def replace_session(state: State) -> State:
    return State(state.terms, state.identity, state.sessions + 1, list(state.windows), state.sent)


def test_one_that_is_at_its_end_is_only_judged(tmp_path: Path) -> None:
    fake(tmp_path, Sender()).run()
    sender = Sender()
    again = fake(tmp_path, sender, state=State.load(tmp_path / "soak-steady.json"))
    assert outcomes(again.run())["errors"] is Outcome.PASSED
    assert sender.prompts == []


def test_errors_that_begin_half_way_end_it_early(tmp_path: Path) -> None:
    sender = Sender(lambda index: ErrorKind.RESET if index > 120 else None)
    soaking = fake(tmp_path, sender)
    assert outcomes(soaking.run())["errors"] is Outcome.FAILED
    assert len(soaking.state.windows) < 40


def test_a_harness_that_cannot_send_is_told(tmp_path: Path) -> None:
    sender = Sender(lambda index: ErrorKind.CONNECT if index > 50 else None)
    with pytest.raises(HarnessError, match="file descriptor"):
        fake(tmp_path, sender).run()
    assert sender.closed


def test_a_restart_in_the_middle_fails(tmp_path: Path) -> None:
    watch = Watch(lambda look: "7/1" if look < 20 else "8/2")
    findings = fake(tmp_path, Sender(), watches=[watch]).run()
    assert outcomes(findings)["memory"] is Outcome.FAILED
    assert any("restarted" in found.reason for found in findings)


def test_another_process_after_an_interruption_proves_nothing(tmp_path: Path) -> None:
    fake(tmp_path, Sender()).run()
    left = State.load(tmp_path / "soak-steady.json")
    half = State(TERMS, None, 2, left.windows[:20], left.sent)
    findings = fake(tmp_path, Sender(), state=half, watches=[Watch(lambda look: "9/9")]).run()
    assert outcomes(findings)["memory"] is Outcome.INCONCLUSIVE
    assert any("after the interruption" in found.reason for found in findings)


# ---- real systems


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Growth]]:
    """The healthy gateway and those that collect something, each soaked for seconds, all at the same time."""
    found: dict[str, dict[str, Growth]] = {}

    def one(defect: str) -> None:
        folder = tmp_path_factory.mktemp("soak")
        arguments = ["--defect", defect] if defect in LEAKS else []
        with System("reference", arguments=arguments, env={"SEATRIAL_REFERENCE_KEYS": ""}) as system:
            (folder / "policy.yaml").write_text(POLICY.format(uri=system.uri, pid=system.pid))
            loaded = load_policy(folder / "policy.yaml")
            soaking = soak(
                loaded, "steady", targets(loaded), folder=folder, seed=1, record=lambda *e, **k: None
            )
            found[defect] = {growth.figure: growth for growth in soaking.run()}

    threads = [threading.Thread(target=one, args=(name,)) for name in ("healthy", *LEAKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_a_healthy_system_does_not_grow(soaked: dict[str, dict[str, Growth]]) -> None:
    found = soaked["healthy"]
    assert set(found) == {"latency", "latency-p95", "errors", "memory", "files", "in-flight"}
    wrong = {name for name, each in found.items() if each.outcome is Outcome.FAILED}
    assert wrong <= BUSY, found
    assert found["memory"].outcome is Outcome.PASSED


@pytest.mark.parametrize(("defect", "figure"), LEAKS.items(), ids=LEAKS)
def test_what_grows_is_found(defect: str, figure: str, soaked: dict[str, dict[str, Growth]]) -> None:
    found = soaked[defect]
    assert found[figure].outcome is Outcome.FAILED, found[figure]
    others = {name for name, each in found.items() if each.outcome is Outcome.FAILED} - {figure}
    assert others <= BUSY
    assert DEFECTS[defect].caught == ("test_soak",)


# ---- what cannot be


@pytest.fixture
def policy(tmp_path: Path) -> Callable[..., Any]:
    def load(**changes: str) -> Any:
        text = POLICY.format(uri="http://127.0.0.1:9/v1", pid=2**22)
        for before, after in changes.items():
            text = text.replace(before, after)
        (tmp_path / "policy.yaml").write_text(text)
        return load_policy(tmp_path / "policy.yaml")

    return load


def test_a_process_that_is_not_there(policy: Callable[..., Any], tmp_path: Path) -> None:
    loaded = policy()
    with pytest.raises(UsageError, match="no process"):
        soak(loaded, "steady", targets(loaded), folder=tmp_path, seed=1, record=print)


def test_a_control_group_is_not_watched(policy: Callable[..., Any], tmp_path: Path) -> None:
    loaded = policy(**{"pid: 4194304": "cgroup: /sys/fs/cgroup"})
    with pytest.raises(UsageError, match="control group"):
        soak(loaded, "steady", targets(loaded), folder=tmp_path, seed=1, record=print)


def test_the_wish_comes_before_the_policy_and_the_earlier_soak_before_both(
    policy: Callable[..., Any], tmp_path: Path
) -> None:
    loaded = policy(**{", process: {pid: 4194304}": ""})
    configs = targets(loaded)
    same: dict[str, Any] = {"folder": tmp_path, "seed": 1, "record": lambda *e, **k: None}
    assert soak_names(loaded) == ["steady"]
    wished = soak(loaded, "steady", configs, wish=Wish(duration=90.0, rate=3.0), **same)
    assert (wished.plan.duration, wished.plan.rate) == (90.0, 3.0)
    rest = soak(loaded, "steady", configs, earlier=wished.state, **{**same, "seed": 5})
    assert (rest.plan.duration, rest.plan.rate, rest.plan.seed) == (90.0, 3.0, 1)
    assert rest.state.sessions == 2
    with pytest.raises(UsageError, match="another soak"):
        soak(loaded, "steady", configs, earlier=wished.state, wish=Wish(rate=4.0), **same)
