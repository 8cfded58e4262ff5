"""stress-ng under guard: what the faults of pressure have in common."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from pathlib import Path
from typing import ClassVar

from seatrial.core.errors import HarnessError
from seatrial.faults.process.base import A, ProcessFault
from seatrial.faults.process.proc import Process, listed, tree
from seatrial.systems.process import GuardedProcess

PROGRAM = "stress-ng"
LONGEST = 3600
"""Seconds after which stress-ng ends by itself, should all else fail."""


class StressFault(ProcessFault[A]):
    """A fault that puts the machine under pressure from beside the victim; its workers are found by name."""

    worker: ClassVar[str] = "stress-ng"
    """How the names of the workers begin."""

    @classmethod
    def lacking(cls) -> str | None:
        return None if shutil.which(PROGRAM) else f"there is no {PROGRAM} (Debian package {PROGRAM})"

    def options(self) -> list[str]:
        """What stress-ng is told."""
        return []

    @property
    def wanted(self) -> int:
        """How many workers there must be."""
        return 1

    def inject(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="seatrial-stress-"))
        self._seen: dict[Process, int] = {}
        self._all: list[Process] = []
        self._running: GuardedProcess | None = None
        program = shutil.which(PROGRAM) or PROGRAM
        # The guardian stands before the pressure does: whatever becomes of the harness, it ends it.
        self._running = GuardedProcess(
            [
                program,
                "--timeout",
                str(LONGEST),
                "--temp-path",
                str(self._folder),
                "--quiet",
                *self.options(),
            ],
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            folder=self._folder,
            log=self._folder / "log",
            stop="SIGKILL",
            grace=0.1,
        )
        self._all = tree(self._running.pid)

    def workers(self) -> list[Process]:
        """The living workers."""
        if self._running is None:
            return []
        self._all = list(dict.fromkeys([*self._all, *tree(self._running.pid)]))
        return [process for process in self._all if process.alive and name(process).startswith(self.worker)]

    def missed(self) -> str | None:
        assert self._running is not None
        if self._running.exit_code is not None:
            log = (self._folder / "log").read_text("utf-8", "replace").strip()
            raise HarnessError(f"{PROGRAM} ended with code {self._running.exit_code}", hint=log[-2000:])
        found = self.workers()
        if len(found) < self.wanted:
            return f"{len(found)} of {self.wanted} workers run"
        return self.weak(found)

    def weak(self, workers: list[Process]) -> str | None:
        """Why the pressure is not there yet, None when it is: by default, a worker used no CPU time."""
        return listed([process for process in workers if not process.ticks], "did not work yet")

    def acting(self) -> int:
        """Workers that used CPU time since they were last looked at."""
        fresh = {process: process.ticks for process in self.workers()}
        busy = sum(ticks > self._seen.get(process, 0) for process, ticks in fresh.items())
        self._seen = fresh
        return busy

    def ended(self) -> str | None:
        found = len(self.workers())
        return f"only {found} of {self.wanted} workers were left" if found < self.wanted else None

    def revert(self) -> None:
        if self._running is not None:
            self.workers()
            self._running.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def lingering(self) -> str | None:
        return listed([process for process in self._all if process.alive], "still run")


def name(process: Process) -> str:
    """The name of a process, empty when it is gone."""
    try:
        return Path(f"/proc/{process.pid}/comm").read_text("utf-8", "replace").strip()
    except OSError:
        return ""


def whole(share: float) -> str:
    """A share as a whole percentage."""
    return str(math.ceil(share * 100))
