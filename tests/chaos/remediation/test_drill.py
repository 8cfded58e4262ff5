"""A loop as it runs: signals over real webhooks, callers and faults of a small world in this process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.chaos.remediation import drill, judge
from seatrial.chaos.remediation.drill import Drill
from seatrial.chaos.remediation.facts import Remedied, loops
from seatrial.core.errors import UsageError
from seatrial.core.outcome import Outcome
from seatrial.systems.readiness import free_port
from tests.chaos.signals.test_webhook import alerts, post
from tests.chaos.world import POLICY, World, policy

LOOP = """\
  signals:
    - {{name: down, webhook: {{port: {port}, path: /a, alert: Down}}}}
    - {{name: step, webhook: {{port: {port}, path: /a, alert: Step}}}}
    - {{name: paged, webhook: {{port: {port}, path: /a, alert: Paged}}}}
  remediation:
    - name: dies
      inject: [{{on: {on}}}]
      alert: {{signal: down, within: {within}}}
      steps: {{signal: step}}
      escalation: {{signal: paged, within: {within}}}
      calm: 100ms
      quiet_within: {quiet}
      consecutive: 5
      {more}
"""
PRIMARY = "primary, toxic: down"
REPAIRED = "resolved: {within: 20s}"
LATER = "20s"
"""What is waited for until it comes; what never comes is waited for only for a moment."""


class Watched(World):
    """A world with somebody on watch, who acts when so many requests were sent under the fault.

    Less than 0 counts requests before it, and 0 is the first one after it.
    """

    def __init__(
        self,
        folder: Path,
        more: str = REPAIRED,
        on: str = PRIMARY,
        *,
        within: str = LATER,
        quiet: str = LATER,
        **given: Any,
    ) -> None:
        super().__init__(folder, falls_back=False, **given)
        self.port = free_port()
        text = LOOP.format(port=self.port, on=on, more=more, within=within, quiet=quiet)
        self.loaded = policy(folder, POLICY + text)
        self.acts: dict[int, Callable[[], object]] = {}
        self.under = self.calm = 0
        self.on_request = self._watch

    def tell(self, name: str, status: str = "firing") -> None:
        post(f"http://127.0.0.1:{self.port}/a", alerts((name, status)))

    def run(self) -> Remedied:
        (loop,) = loops(self.loaded)
        with self.untouched():
            return Drill(loop, self).run()  # type: ignore[arg-type]

    def told_of(self, event: str) -> list[dict[str, Any]]:
        return [each for each in self.events if each["event"] == event]

    def _watch(self, number: int) -> None:
        if self.active:
            self.under += 1
            self.acts.pop(self.under, lambda: None)()
        elif self.under:
            self.acts.pop(0, lambda: None)()
        else:
            self.calm += 1
            self.acts.pop(-self.calm, lambda: None)()

    def mend(self) -> None:
        self.falls_back = True


def test_a_loop_that_closes(tmp_path: Path) -> None:
    world = Watched(tmp_path)
    world.acts = {
        10: lambda: world.tell("Down"),
        12: lambda: world.tell("Step"),
        14: world.mend,
        20: lambda: world.tell("Down", "resolved"),
    }
    found = world.run()
    assert found.record.trouble is None
    for item in (judge.calm, judge.alerted, judge.stepped, judge.repaired, judge.announced, judge.escalated):
        assert item(found).outcome is Outcome.PASSED, item(found).reason
    assert world.told == [("reverted", "down")]
    steps = [each for each in world.told_of("remediation") if each["phase"] == "step"]
    assert [each["told"] for each in steps] == ["Step firing"]
    (end,) = [each for each in world.told_of("remediation") if each["phase"] == "end"]
    assert 0 < end["alerted"] < end["back"] + 0.2 < end["lasted"]
    assert (end["steps"], end["escalated"], end["alarm"]) == (1, None, None)
    assert {each["phase"] for each in world.told_of("fault")} == {"injected", "reverted"}


def test_nobody_on_watch(tmp_path: Path) -> None:
    found = Watched(tmp_path, "persists: false", within="300ms", quiet="300ms").run()
    assert judge.calm(found).outcome is Outcome.PASSED
    assert judge.alerted(found).outcome is judge.escalated(found).outcome is Outcome.FAILED
    assert judge.announced(found).outcome is Outcome.INCONCLUSIVE


def test_a_person_is_called_and_the_end_of_it_is_announced(tmp_path: Path) -> None:
    world = Watched(tmp_path, "persists: false")
    world.acts = {
        5: lambda: world.tell("Down"),
        9: lambda: world.tell("Paged"),
        0: lambda: world.tell("Down", "resolved"),
    }
    found = world.run()
    assert judge.escalated(found).outcome is Outcome.PASSED
    assert judge.repaired(found).outcome is Outcome.NOT_APPLICABLE
    assert judge.announced(found).outcome is Outcome.PASSED, judge.announced(found).reason


def test_a_false_alarm_ends_it_before_the_fault(tmp_path: Path) -> None:
    world = Watched(tmp_path)
    world.acts = {-60: lambda: world.tell("Down")}
    found = world.run()
    assert judge.calm(found).reason.startswith("down fired, while ")
    assert judge.alerted(found).outcome is Outcome.INCONCLUSIVE
    assert world.told_of("fault") == []


def test_what_fires_from_before_is_waited_for(tmp_path: Path) -> None:
    world = Watched(tmp_path, "persists: false", within="100ms")
    world.acts = {-1: lambda: world.tell("Down"), -60: lambda: world.tell("Down", "resolved")}
    assert judge.calm(world.run()).outcome is Outcome.PASSED
    world = Watched(tmp_path, "persists: false", quiet="300ms")
    world.acts = {-1: lambda: world.tell("Down")}
    assert "down was firing for 300 ms" in judge.calm(world.run()).reason


def test_a_target_that_never_answers_well_proves_nothing(tmp_path: Path) -> None:
    found = Watched(tmp_path, quiet="300ms", sick=True).run()
    assert judge.calm(found).outcome is Outcome.INCONCLUSIVE
    assert "0 of" in judge.alerted(found).reason


def test_a_source_that_cannot_be_asked_proves_nothing(tmp_path: Path) -> None:
    world = Watched(tmp_path, quiet="300ms")
    text = (tmp_path / "policy.yaml").read_text()
    hook = f"webhook: {{port: {world.port}, path: /a, alert: Down}}"
    gone = f'alertmanager: {{url: "http://127.0.0.1:{free_port()}", alert: Down}}'
    assert hook in text
    world.loaded = policy(tmp_path, text.replace(hook, gone))
    found = world.run()
    assert "the signals could not be looked at: down: no answer" in judge.alerted(found).reason
    assert world.told_of("fault") == []


def test_a_port_that_is_taken_is_told_and_nothing_injected(tmp_path: Path) -> None:
    world = Watched(tmp_path)
    with pytest.raises(UsageError, match="cannot listen"), _taken(world.port):
        judge.calm(world.run())
    assert world.told_of("fault") == []


def _taken(port: int) -> Any:
    import socket

    taken = socket.socket()
    taken.bind(("127.0.0.1", port))
    taken.listen()
    return taken


# ---- a fault that comes again


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two processes, one after the other."""
    command = [sys.executable, "-S", "-c", "import time; time.sleep(60)"]
    found = [subprocess.Popen(command) for _ in range(2)]
    yield found
    for process in found:
        process.kill()
        process.wait()


def test_a_fault_that_persists_hits_whatever_comes_next(
    tmp_path: Path, processes: list[subprocess.Popen[bytes]]
) -> None:
    world = Watched(tmp_path, "persists: true", "gateway, toxic: process.stop")
    first, second = processes
    serving = [first.pid]
    world.process = lambda target: serving[0]  # type: ignore[attr-defined]

    def replaced() -> None:
        first.kill()
        first.wait()
        serving[0] = second.pid

    world.acts = {
        5: lambda: world.tell("Down"),
        10: replaced,
        60: lambda: world.tell("Paged"),
        0: lambda: world.tell("Down", "resolved"),
    }
    found = world.run()
    assert found.record.trouble is None
    names = [each["phase"] for each in world.told_of("fault")]
    assert names == ["injected", "reverted", "injected", "reverted"]
    assert [name for _, name in world.told] == ["process-stop", "process-stop-2"]


def test_a_fault_that_persists_must_see_who_comes_next(tmp_path: Path) -> None:
    world = Watched(tmp_path, "persists: true", "gateway, toxic: process.stop")
    world.process = lambda target: Path("/sys/fs/cgroup/x")  # type: ignore[attr-defined]
    with pytest.raises(UsageError, match="which process comes next"):
        judge.alerted(world.run())


def test_who_is_gone_is_not_alive() -> None:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    assert not drill._alive(process.pid)
    assert drill._alive(os.getpid())
