"""The harness is killed in the middle of a fault: all is reverted by the watchdog within a second or so."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from seatrial.faults.process import cgroup, watchdog
from seatrial.faults.process.cpu import ProcessCpu
from seatrial.faults.process.dns import ProcessDns
from seatrial.faults.process.guard import WATCHDOG
from seatrial.faults.process.network import OwnNetwork
from seatrial.faults.process.partition import ProcessPartition
from seatrial.faults.process.small_disk import SmallDisk
from tests.faults.process.victims import COUNT, line, script, soon, state

HARNESS = """
import os, sys, time
from pathlib import Path
from seatrial.faults.process.registry import inject
{more}
fault = inject({victim}, {fault!r}, {attributes!r})
with fault:
    print("injected", {tell}, flush=True)
    time.sleep(600)
"""


def harness(
    victim: object, fault: str, attributes: dict[str, object], *, tell: str = "''", more: str = ""
) -> subprocess.Popen[str]:
    """A harness of its own that injects a fault and then waits."""
    code = HARNESS.format(
        victim=victim, fault=fault, attributes=attributes, tell=tell, more=textwrap.dedent(more)
    )
    started = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    return started


def killed(started: subprocess.Popen[str]) -> list[str]:
    """Kill the harness once its fault is in force; what it told."""
    words = line(started).split()
    started.kill()
    started.communicate()
    assert words
    assert words[0] == "injected"
    return words[1:]


def watchdogs() -> set[int]:
    found = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if str(WATCHDOG).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                found.add(int(pid))
        except OSError:
            continue
    return found


def test_what_was_stopped_goes_on_and_the_watchdog_ends() -> None:
    others = watchdogs()
    with script(COUNT) as victim:
        line(victim)
        dying = harness(victim.pid, "process.stop", {})
        killed(dying)
        assert soon(lambda: state(victim.pid) in "RS")
        assert soon(lambda: not watchdogs() - others)


def test_a_forked_child_that_holds_the_pipe_does_not_keep_it_waiting() -> None:
    more = "import threading\nthreading.Timer(0.2, lambda: None)"
    with script(COUNT) as victim:
        line(victim)
        dying = harness(
            victim.pid,
            "process.stop",
            {},
            tell="(os.fork() or (os.close(1), time.sleep(30), os._exit(0)))",
            more=more,
        )
        child = int(killed(dying)[0])
        assert soon(lambda: state(victim.pid) in "RS")
        os.kill(child, signal.SIGKILL)


def test_ctrl_c_reverts_too() -> None:
    with script(COUNT) as victim:
        line(victim)
        dying = harness(victim.pid, "process.stop", {})
        line(dying)
        dying.send_signal(signal.SIGINT)
        dying.communicate()
        assert state(victim.pid) in "RS"


def test_limits_are_raised_again() -> None:
    with script(COUNT) as victim:
        line(victim)
        before = resource.prlimit(victim.pid, resource.RLIMIT_NOFILE)
        killed(harness(victim.pid, "process.fds", {}))
        assert soon(lambda: resource.prlimit(victim.pid, resource.RLIMIT_NOFILE) == before)


@pytest.mark.skipif(bool(ProcessCpu.lacking()), reason=ProcessCpu.lacking() or "")
def test_stress_ends() -> None:
    with script(COUNT) as victim:
        line(victim)
        tell = "*[worker.pid for worker in fault.workers()]"
        workers = killed(harness(victim.pid, "process.cpu", {"workers": 1, "load": "5%"}, tell=tell))
        assert len(workers) == 1
        assert soon(lambda: state(int(workers[0])) == "")


@pytest.mark.skipif(bool(SmallDisk.lacking()), reason=SmallDisk.lacking() or "")
def test_the_disk_has_room_again() -> None:
    with script(COUNT) as victim, SmallDisk(4 << 20) as disk:
        line(victim)
        killed(harness(victim.pid, "process.disk", {"folder": str(disk.folder)}))
        assert soon(lambda: os.listdir(disk.folder) == [])


@pytest.mark.skipif(bool(SmallDisk.lacking()), reason=SmallDisk.lacking() or "")
def test_a_small_disk_is_unmounted() -> None:
    with script(COUNT) as victim:
        line(victim)
        more = """
        from seatrial.faults.process.small_disk import SmallDisk
        disk = SmallDisk(1 << 20).__enter__()
        """
        told = killed(harness(victim.pid, "process.stop", {}, tell="disk.folder", more=more))
        assert soon(lambda: not os.path.ismount(told[0]))
        os.rmdir(told[0])


@pytest.mark.root
def test_a_control_group_is_left_and_removed() -> None:
    with script(COUNT) as victim:
        line(victim)
        if not cgroup.possible(victim.pid):
            pytest.skip("no control group with a memory limit can be made here")
        before = cgroup.of(victim.pid)
        tell = f"__import__('seatrial.faults.process.cgroup').faults.process.cgroup.of({victim.pid})"
        told = killed(
            harness(victim.pid, "process.memory_limit", {"room": "64MiB", "how": "cgroup"}, tell=tell)
        )
        assert told != [str(before)]
        assert soon(lambda: not Path(told[0]).exists())
        assert cgroup.of(victim.pid) == before


@pytest.mark.skipif(
    bool(ProcessPartition.lacking() or OwnNetwork.lacking()), reason="needs nft and a network of its own"
)
def test_rules_for_packets_are_removed() -> None:
    with OwnNetwork() as own:
        look = [*own.enter, "nft", "list", "tables"]
        killed(harness(own.pid, "process.partition", {}))
        assert soon(lambda: subprocess.check_output(look) == b"")


@pytest.mark.skipif(bool(ProcessDns.lacking()), reason=ProcessDns.lacking() or "")
def test_names_resolve_again(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("short\n")
    watchdog.undo({"do": "write", "path": str(file), "text": "127.0.0.9 primary.test\n"})
    assert file.read_text() == "127.0.0.9 primary.test\n"
    watchdog.undo({"do": "write", "path": str(file), "text": "x"})
    assert file.read_text() == "x"


def test_a_step_that_fails_is_tried_again_and_then_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(watchdog, "PAUSE", 0.0)
    bad = {"do": "unlink", "path": str(tmp_path)}
    good = {"do": "unlink", "path": str(tmp_path / "none")}
    assert watchdog.undo_all([good, bad]) == [bad]


def test_an_id_that_another_process_has_by_now_is_left_alone() -> None:
    with script(COUNT) as victim:
        line(victim)
        watchdog.undo({"do": "signal", "pid": victim.pid, "start": 1, "signal": int(signal.SIGKILL)})
        assert line(victim) == "tick"
