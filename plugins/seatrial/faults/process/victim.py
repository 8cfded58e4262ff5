"""Whom a fault of processes may hit: a system that a recipe started, or what was given by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seatrial.core.errors import UsageError
from seatrial.faults.process.proc import Process, children, refuse, tree
from seatrial.faults.process.watchdog import stat
from seatrial.systems.process import GUARDIAN
from seatrial.systems.runner import System

CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Victim:
    """One system, process or control group. Make one with `of`.

    Attributes:
        name: for people and for the journal.
        system: the running system, where a recipe started it.
        pid: the process that was named.
        cgroup: the folder of the control group that was named.
        below: whether a named process stands for all that it has started, too.
    """

    name: str
    system: System | None = None
    pid: int | None = None
    cgroup: Path | None = None
    below: bool = True

    @classmethod
    def of(cls, subject: Victim | System | int | Path, *, below: bool = True) -> Victim:
        """The victim that *subject* names: a system, a process id, or the folder of a control group.

        Raises:
            UsageError: it names nothing that may be hit.
        """
        if isinstance(subject, Victim):
            victim = subject
        elif isinstance(subject, System):
            victim = cls(subject.recipe.name, system=subject)
        elif isinstance(subject, Path):
            victim = cls(str(subject), cgroup=_group(subject))
        else:
            victim = cls(f"process {subject}", pid=subject, below=below)
        victim.processes()
        return victim

    @property
    def folder(self) -> Path | None:
        """Where a system that a recipe started keeps its files."""
        return self.system.folder if self.system else None

    @property
    def leader(self) -> Process:
        """The first of its processes."""
        return self.processes()[0]

    def processes(self) -> list[Process]:
        """All its processes as they are now, parents first; never empty.

        Raises:
            UsageError: it does not run, or one of them is not ours to touch.
        """
        found = [process for root in self._roots() for process in tree(root)]
        if self.pid is not None and not self.below:
            found = found[:1]
        found = list(dict.fromkeys(found))
        if not found:
            raise UsageError(f"{self.name} does not run", hint="start it before a fault is injected")
        for process in found:
            refuse(process.pid, self.name)
        return found

    def _roots(self) -> list[int]:
        if self.system is not None:
            return _of_system(self.system)
        if self.pid is not None:
            refuse(self.pid, self.name)
            return [self.pid]
        assert self.cgroup is not None
        return [int(pid) for pid in (self.cgroup / "cgroup.procs").read_text("ascii").split()]


def _of_system(system: System) -> list[int]:
    """Its leader first, then what has left it: orphans go to the guardian."""
    if not system.alive:
        return []
    fields = stat(system.pid)
    if fields is None:
        return []
    guardian = int(fields[1])
    words = Path(f"/proc/{guardian}/cmdline").read_bytes().split(b"\0")
    orphans = children(guardian) if str(GUARDIAN).encode() in words else []
    return [system.pid, *(pid for pid in orphans if pid != system.pid)]


def _group(folder: Path) -> Path:
    folder = folder.resolve()
    if CGROUPS not in folder.parents or not (folder / "cgroup.procs").is_file():
        raise UsageError(f"{folder} is no control group", hint=f"name a folder below {CGROUPS}")
    return folder
