"""Memory and files of a process, figures of a page."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.load.soak.watch import PageWatch, ProcessWatch, sample_of

PAGE = """\
# HELP process_open_fds Number of open file descriptors.
# TYPE process_open_fds gauge
process_open_fds 21.0
heap_bytes{area="young",pool="a,b"} 1.5e6
heap_bytes{area="old"} 2e6 1700000000000
heap_bytes_total 9
broken{ 1
"""


@pytest.mark.parametrize(
    ("metric", "labels", "value"),
    [
        ("process_open_fds", {}, 21.0),
        ("heap_bytes", {}, 3.5e6),
        ("heap_bytes", {"area": "old"}, 2e6),
        ("heap_bytes", {"pool": "a,b"}, 1.5e6),
    ],
)
def test_samples(metric: str, labels: dict[str, str], value: float) -> None:
    assert sample_of(PAGE, metric, labels) == value


def test_what_is_not_there_is_not_a_number() -> None:
    assert math.isnan(sample_of(PAGE, "heap", {}))
    assert math.isnan(sample_of(PAGE, "heap_bytes", {"area": "new"}))
    assert math.isnan(PageWatch(lambda: None, {"heap": ("heap_bytes", {})}).read().figures["heap"])
    assert PageWatch(lambda: PAGE, {"heap": ("heap_bytes", {})}).read().figures == {"heap": 3.5e6}


def test_our_own_process() -> None:
    watch = ProcessWatch(os.getpid())
    before = watch.read()
    with open(os.devnull) as _:
        after = watch.read()
    assert after.figures["files"] == before.figures["files"] + 1
    assert before.figures["memory"] > 1 << 20
    assert before.process == after.process
    assert str(before.process).startswith(f"{os.getpid()}/")


def test_children_count_and_an_end_is_seen(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "print(1, flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    pidfile = tmp_path / "pid"
    pidfile.write_text(f"{child.pid}\n")
    assert child.stdout is not None
    assert child.stdout.readline() == b"1\n"
    watch = ProcessWatch(pidfile)
    assert watch.read().figures["memory"] > 1 << 20
    child.communicate(b"\n")
    assert watch.read().process is None
    assert math.isnan(watch.read().figures["memory"])
    pidfile.unlink()
    assert watch.read().process is None


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no process"):
        ProcessWatch(tmp_path / "missing")
