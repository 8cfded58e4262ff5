"""Control groups with a memory limit, of version 1 and 2 (the kernel's admin-guide/cgroup-v1 and -v2).

A group is made beside or below the one that the process is in, wherever the kernel and our rights allow it.
Memory that a process holds already stays charged to its old group: the limit counts what it takes from then.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from seatrial.faults.process.victim import CGROUPS

V1, V2 = "memory.limit_in_bytes", "memory.max"


@dataclass(frozen=True)
class Group:
    """A control group with a memory limit."""

    path: Path

    @property
    def file(self) -> Path:
        """The file that holds the limit."""
        return self.path / (V1 if (self.path / V1).exists() else V2)

    @property
    def limit(self) -> str:
        """The limit as the kernel writes it."""
        return self.file.read_text("ascii").strip()

    @property
    def usage(self) -> int:
        """Bytes charged to it now."""
        name = "memory.usage_in_bytes" if self.file.name == V1 else "memory.current"
        return int((self.path / name).read_text("ascii"))

    @property
    def refusals(self) -> int:
        """How often the limit was run into."""
        if self.file.name == V1:
            return int((self.path / "memory.failcnt").read_text("ascii"))
        events = dict(line.split() for line in (self.path / "memory.events").read_text("ascii").splitlines())
        return int(events["max"])

    def processes(self) -> list[int]:
        """The ids of the processes in it."""
        return [int(pid) for pid in (self.path / "cgroup.procs").read_text("ascii").split()]


def of(pid: int) -> Path | None:
    """The folder of the memory control group that a process is in; None where there is none."""
    unified = None
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/cgroup").read_text("utf-8").splitlines():
            _, controllers, place = line.split(":", 2)
            if "memory" in controllers.split(","):
                return _below(CGROUPS / "memory", place)
            if not controllers:
                unified = _below(CGROUPS, place)
    return unified


def _below(root: Path, place: str) -> Path | None:
    folder = root / place.lstrip("/")
    return folder if (folder / "cgroup.procs").exists() else None


def new_name() -> str:
    """A name that no other group has."""
    return f"seatrial-{secrets.token_hex(6)}"


def make(near: Path, name: str, before: Callable[[Path], None] = lambda _: None) -> Group | None:
    """A new group called *name*, below *near* or the next group above where one with a limit can be made.

    Args:
        before: called with each folder before it is made.
    """
    for parent in (near, *near.parents):
        if parent != CGROUPS and CGROUPS not in parent.parents:
            return None
        group = Group(parent / name)
        before(group.path)
        try:
            group.path.mkdir()
        except OSError:
            continue
        if group.file.exists():
            return group
        group.path.rmdir()
    return None


def possible(pid: int) -> bool:
    """Whether a group with a limit can be made for that process."""
    near = of(pid)
    group = make(near, new_name()) if near else None
    if group is None:
        return False
    group.path.rmdir()
    return True
