"""Experiments in a process of their own: judged by what they wrote, cleaned up after however they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from seatrial.chaos.toolkit import runner
from seatrial.chaos.toolkit.experiment import load
from seatrial.chaos.toolkit.runner import Result, run, summary
from seatrial.core.errors import UsageError
from tests.chaos.toolkit.experiments import Bench, good, python, written

HERE = "tests.chaos.toolkit.misbehaving"
PROJECT = Path(__file__).resolve().parents[3]


def go(bench: Bench, tmp_path: Path, document: dict[str, Any], **more: Any) -> Result:
    env = {**bench.env, "PYTHONPATH": str(PROJECT)}
    return run(load(written(tmp_path, document)), tmp_path / "out", env=env, **more)


def test_a_good_one_passes_and_its_events_are_told(bench: Bench, tmp_path: Path) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    document = good()
    result = go(bench, tmp_path, document, tell=lambda event, **fields: told.append((event, fields)))
    assert (result.ruling.outcome, result.code) == ("PASSED", 0)
    assert result.requests == 12
    assert [fields["phase"] for event, fields in told if event == "fault"] == ["injected", "reverted"]
    assert (told[-1][0], told[-1][1]["outcome"]) == ("scenario", "PASSED")
    assert all("t" not in fields for _, fields in told)
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"journal.json", "events.ndjson", "chaos.log", "output.txt"} <= files
    assert {path.name for path in tmp_path.iterdir()} == {"out", "trial.experiment.yaml"}


def test_the_summary_is_for_our_own_journal(bench: Bench, tmp_path: Path) -> None:
    result = go(bench, tmp_path, good())
    told = json.loads(json.dumps(summary(load(tmp_path / "trial.experiment.yaml"), result)))
    assert (told["name"], told["outcome"], told["exit_code"]) == ("trial", "PASSED", 0)
    assert (told["steady_before"], told["steady_after"], told["deviated"]) == (True, True, False)
    assert [each["part"] for each in told["activities"]] == ["method", "method", "method", "rollback"]
    assert told["faults"][0]["hits"] >= 4


def test_the_user_s_settings_and_controls_are_left_out(bench: Bench, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".chaostoolkit").mkdir(parents=True)
    (home / ".chaostoolkit" / "settings.yaml").write_text("runtime: {rollbacks: {strategy: never}}\n")
    (tmp_path / "work").mkdir()
    poor = Bench(bench.control, {**bench.env, "HOME": str(home)})
    assert go(poor, tmp_path / "work", good()).ruling.outcome == "PASSED"


def test_no_journal_is_told_with_what_chaostoolkit_said(bench: Bench, tmp_path: Path) -> None:
    document = good()
    document["method"][0]["provider"] = {"type": "python", "module": "nowhere.at.all", "func": "x"}
    result = go(bench, tmp_path, document)
    assert (result.ruling.outcome, result.journal) == ("ERROR", None)
    assert "left no journal (exit code 1)" in result.ruling.reason
    assert "could not find Python module 'nowhere.at.all'" in result.ruling.reason
    assert result.requests == 0


def test_one_that_takes_too_long_is_ended_and_rolled_back(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = good()
    document["extensions"] = [{"name": "seatrial", "limit": "300s"}]
    document["method"].insert(1, python("probe", "for long", HERE, "wait", seconds=100))

    def tell(event: str, **fields: Any) -> None:
        if event == "fault":  # from now on it is late
            monkeypatch.setattr(runner, "clock", lambda: time.monotonic() + 1000)

    result = go(bench, tmp_path, document, tell=tell)
    assert result.ruling.outcome == "ERROR"
    assert "longer than its limit of 300 s" in result.ruling.reason
    assert result.journal is not None
    assert [each["status"] for each in result.journal["rollbacks"]] == ["succeeded"]
    assert bench.faults == set()


def test_one_that_was_killed_leaves_no_fault_and_no_green(bench: Bench, tmp_path: Path) -> None:
    document = good()
    document["method"].insert(1, python("probe", "is killed", HERE, "die"))
    result = go(bench, tmp_path, document)
    assert (result.ruling.outcome, result.journal, result.code) == ("ERROR", None, -9)
    assert bench.faults == set()


def test_what_an_extension_of_others_leaves_is_taken_back_and_told(bench: Bench, tmp_path: Path) -> None:
    document = good()
    document["configuration"] = {"toxiproxy_url": bench.control}
    arguments = {"for_proxy": "primary", "toxic_name": "slow", "latency": 1}
    document["method"].insert(
        1, python("action", "slow", "chaostoxi.toxic.actions", "create_latency_toxic", **arguments)
    )
    result = go(bench, tmp_path, document)
    assert result.ruling.outcome == "ERROR"
    assert "left the fault slow on primary behind; it was taken back" in result.ruling.reason
    assert bench.faults == set()


def test_an_interrupt_rolls_back_before_it_is_passed_on(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = good()
    document["method"].insert(1, python("probe", "for long", HERE, "wait", seconds=100))

    def tell(event: str, **fields: Any) -> None:
        if event == "fault":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(bench, tmp_path, document, tell=tell)
    journal = json.loads((tmp_path / "out" / "journal.json").read_text())
    assert journal["status"] == "interrupted"
    assert [each["status"] for each in journal["rollbacks"]] == ["succeeded"]
    assert bench.faults == set()


def test_an_interrupt_also_takes_back_what_nobody_else_knows_of(bench: Bench, tmp_path: Path) -> None:
    document = good()
    document["configuration"] = {"toxiproxy_url": bench.control}
    arguments = {"for_proxy": "primary", "toxic_name": "slow", "latency": 1}
    document["method"] = [
        python("action", "slow", "chaostoxi.toxic.actions", "create_latency_toxic", **arguments),
        python("probe", "for long", HERE, "wait", seconds=100),
    ]
    document["rollbacks"] = []

    def tell(event: str, **fields: Any) -> None:
        if event == "activity" and fields["name"] == "slow":
            assert bench.faults == {"slow"}
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(bench, tmp_path, document, tell=tell)
    assert bench.faults == set()


def test_a_killed_harness_leaves_nothing_behind(bench: Bench, tmp_path: Path) -> None:
    document = good()
    document["method"].insert(1, python("probe", "for long", HERE, "wait", seconds=100))
    path = written(tmp_path, document)
    code = f"""
        from pathlib import Path
        from seatrial.chaos.toolkit.experiment import load
        from seatrial.chaos.toolkit.runner import run
        run(load(Path({str(path)!r})), Path({str(tmp_path / "out")!r}),
            tell=lambda event, **fields: print(event, fields.get("phase"), flush=True))
    """
    env = {**bench.env, "PYTHONPATH": str(PROJECT)}
    harness = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], env=env, stdout=subprocess.PIPE, text=True
    )
    assert harness.stdout is not None
    for line in harness.stdout:
        if line == "fault injected\n":
            break
    assert bench.faults == {"http.status"}
    os.kill(harness.pid, signal.SIGKILL)
    harness.wait()
    harness.stdout.close()
    assert eventually(lambda: (tmp_path / "out" / "journal.json").exists() and not bench.faults)


def test_harness_and_experiment_killed_at_once_leave_nothing_behind(bench: Bench, tmp_path: Path) -> None:
    """Not even the rollbacks are played then: it is the watchdog that takes the fault back."""
    document = good()
    document["method"].insert(1, python("probe", "for long", HERE, "wait", seconds=100))
    injected = threading.Event()
    seen: list[int] = []

    class Spied(runner.Child):
        def follow(self, tell: Any, limit: float) -> bool:
            seen.append(self._process.pid)
            return super().follow(tell, limit)

    def kill() -> None:
        injected.wait(60)
        os.kill(seen[0], signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runner, "Child", Spied)
        patched.setattr(runner, "_clean_up", lambda *_: [])
        result = go(bench, tmp_path, document, tell=lambda event, **_: event == "fault" and injected.set())
    killer.join()
    assert (result.code, result.ruling.outcome) == (-9, "ERROR")
    assert eventually(lambda: not bench.faults)


def test_without_chaostoolkit_it_is_told_what_to_install(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="chaostoolkit is not installed"):
        go(bench, tmp_path, good())


def eventually(condition: Any, seconds: float = 40.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False
