"""Actions: what they do is read back, told as events, and undone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from seatrial.chaos.toolkit import actions, probes
from seatrial.chaos.toolkit.session import session
from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.client import ControlClient
from tests.chaos.toolkit.experiments import Bench

STATUS: dict[str, Any] = {"proxy": "primary", "type": "http.status", "attributes": {"status": 503}}


@pytest.fixture
def told(bench: Bench) -> list[dict[str, Any]]:
    """Events of faults, as they are written."""
    events: list[dict[str, Any]] = []
    session().write = lambda event, **fields: events.append({"event": event, **fields})
    return events


def test_a_fault_is_injected_hits_and_is_taken_back(bench: Bench, told: list[dict[str, Any]]) -> None:
    found = actions.inject_fault(**STATUS)
    assert (found["on"], found["name"], found["type"]) == ("primary", "http.status", "http.status")
    assert bench.faults == {"http.status"}
    assert probes.availability(requests=3) == 0.0
    back = actions.revert_fault("primary", type="http.status")
    assert back["was_there"] is True
    assert back["hits"] >= 3
    assert bench.faults == set()
    assert probes.availability(requests=3) == 1.0
    assert [(event["phase"], event["hits"]) for event in told] == [
        ("injected", 0),
        ("reverted", back["hits"]),
    ]


def test_down_is_a_fault_as_others(bench: Bench) -> None:
    actions.inject_fault("primary", "down")
    assert probes.availability(requests=3) == 0.0
    assert actions.revert_fault("primary", type="down")["hits"] >= 1
    assert probes.availability(requests=3) == 1.0


def test_taking_back_what_is_not_there_is_fine(bench: Bench) -> None:
    assert actions.revert_fault("primary", type="down")["was_there"] is False
    assert actions.revert_fault("primary", name="slow")["was_there"] is False
    assert actions.revert_process_fault("process.stop")["was_there"] is False


def test_what_another_process_injected_is_taken_back_as_well(bench: Bench) -> None:
    client = ControlClient(bench.control)
    client.add_toxic("primary", "latency", name="slow", attributes={"latency": 1})
    client.enable("primary", False)
    assert actions.revert_fault("primary", name="slow")["was_there"] is True
    assert actions.revert_fault("primary", type="down")["was_there"] is True
    assert bench.faults == set()


def test_taking_back_needs_a_name() -> None:
    with pytest.raises(ValueError, match="name or its type"):
        actions.revert_fault("primary")


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"type": "http.statuss"}, UsageError, "did you mean 'http.status'"),
        ({"attributes": {"stauts": 503}}, UsageError, "no attribute 'stauts'"),
        ({"attributes": {"status": 42}}, UsageError, "greater than or equal"),
        ({"toxicity": 1.5}, UsageError, "no share"),
        ({"proxy": "nowhere"}, HarnessError, "nowhere"),
    ],
)
def test_what_cannot_be_injected_is_told(
    bench: Bench, told: list[dict[str, Any]], arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        actions.inject_fault(**{**STATUS, **arguments})
    assert bench.faults == set()
    assert not session().faults
    assert [event["phase"] for event in told] == ["failed"]


def test_nobody_answers_at_the_control_api(bench: Bench) -> None:
    with pytest.raises(HarnessError, match="does not answer"):
        actions.inject_fault(**STATUS, configuration={"toxiproxy_url": "http://127.0.0.1:9"})


def test_a_fault_of_somebody_else_s_is_neither_replaced_nor_taken_back(bench: Bench) -> None:
    client = ControlClient(bench.control)
    client.add_toxic("primary", "http.status", name="http.status", attributes={"status": 500})
    with pytest.raises(HarnessError, match="already"):
        actions.inject_fault(**STATUS)
    client.enable("primary", False)
    with pytest.raises(HarnessError, match="already"):
        actions.inject_fault("primary", "down")
    session().close()
    assert bench.faults == {"http.status", "down"}


def test_all_faults_are_taken_back_the_last_first(bench: Bench, told: list[dict[str, Any]]) -> None:
    actions.inject_fault(**STATUS)
    actions.inject_fault("primary", "latency", {"latency": 1}, name="slow")
    assert bench.faults == {"http.status", "slow"}
    assert [each["name"] for each in actions.revert_all()["reverted"]] == ["slow", "http.status"]
    assert bench.faults == set()
    assert actions.revert_all() == {"reverted": []}


def test_what_is_left_at_the_end_goes_with_the_session(bench: Bench) -> None:
    actions.inject_fault(**STATUS)
    session().close()
    assert bench.faults == set()
    assert not session().troubles


def test_what_cannot_be_taken_back_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: ControlClient, proxy: str, name: str) -> None:
        raise HarnessError("HTTP 500")

    actions.inject_fault(**STATUS)
    with monkeypatch.context() as patched:
        patched.setattr(ControlClient, "remove_toxic", refuse)
        with pytest.raises(HarnessError, match="was not reverted"):
            actions.revert_fault("primary", type="http.status")
    now = session()
    assert not now.faults[0].reverted
    now.close()
    assert bench.faults == set()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_a_process_is_stopped_and_goes_on(bench: Bench, sleeper: subprocess.Popen[bytes]) -> None:
    found = actions.inject_process_fault("process.stop", pid=sleeper.pid)
    assert found["hits"] >= 1
    assert state_of(sleeper.pid) == "T"
    back = actions.revert_process_fault("process.stop")
    assert (back["was_there"], back["hits"] >= 1) == (True, True)
    assert state_of(sleeper.pid) != "T"


def test_a_process_that_was_left_stopped_goes_on_at_the_end(
    bench: Bench, sleeper: subprocess.Popen[bytes]
) -> None:
    actions.inject_process_fault("process.stop", pid=sleeper.pid, name="hang")
    session().close()
    assert state_of(sleeper.pid) != "T"


@pytest.mark.parametrize("whom", [{}, {"pid": 1, "cgroup": "/x"}])
def test_a_fault_of_a_process_needs_one_victim(whom: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a pid or a cgroup"):
        actions.inject_process_fault("process.stop", **whom)


def test_an_unknown_fault_of_processes_is_told(bench: Bench, sleeper: subprocess.Popen[bytes]) -> None:
    with pytest.raises(UsageError, match=r"did you mean 'process\.stop'"):
        actions.inject_process_fault("process.stopp", pid=sleeper.pid)


def state_of(pid: int) -> str:
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0]
