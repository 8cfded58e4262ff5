"""``process.memory_limit``: a system gets no more memory: allocations fail, or the kernel kills it.

``rlimit`` lowers RLIMIT_AS (setrlimit(2)): an allocation beyond it fails, and the program can say so.
``cgroup`` lowers the limit of a control group, as containers have it: the kernel kills, without a word.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

from seatrial.core.errors import UsageError
from seatrial.faults.process import cgroup
from seatrial.faults.process.base import ProcessAttributes
from seatrial.faults.process.cgroup import Group
from seatrial.faults.process.limits import LimitFault
from seatrial.faults.process.proc import Process
from seatrial.faults.process.registry import register
from seatrial.policy.fields import Size


class Attributes(ProcessAttributes):
    """How much there is, and what happens beyond."""

    room: Size = 1 << 20
    """Memory that can be had beyond what is held when the fault begins; 1MiB where nothing is said."""
    how: Literal["rlimit", "cgroup"] = "rlimit"
    """``rlimit``: allocations fail; ``cgroup``: the kernel kills. A control group that is the victim has its
    own limit lowered."""


@register
class ProcessMemoryLimit(LimitFault[Attributes]):
    """Memory beyond a limit is refused, or costs the process its life."""

    type = "process.memory_limit"
    counts = "processes under the limit (rlimit), or how often it was run into (cgroup)"

    @classmethod
    def lacking(cls) -> str | None:
        return None if sys.platform.startswith("linux") else "limits of other processes need Linux"

    def check(self) -> None:
        group = self.victim.cgroup
        if group is not None and not Group(group).file.exists():
            raise UsageError(f"{group} has no memory limit", hint="name a group of the memory controller")

    def inject(self) -> None:
        import resource

        super().inject()
        self.resource = resource.RLIMIT_AS
        self._group: Group | None = None
        if self.victim.cgroup is not None:
            self._lower_group(Group(self.victim.cgroup))
        elif self.attributes.how == "cgroup":
            self._move_to_group()
        else:
            for process in self.victim.processes():
                self.lower(process, address_space(process) + self.attributes.room)

    def _lower_group(self, group: Group) -> None:
        if not group.file.exists():
            raise UsageError(
                f"{group.path} has no memory limit", hint="name a group of the memory controller"
            )
        old = group.limit
        self.arm(
            do="write",
            path=str(group.file),
            text="-1" if _endless(old) and group.file.name == cgroup.V1 else old,
        )
        self._set(group, group.usage + self.attributes.room, old)

    def _move_to_group(self) -> None:
        processes = self.victim.processes()
        near = cgroup.of(processes[0].pid)
        group = None
        if near is not None:
            back = str(near)
            group = cgroup.make(
                near, cgroup.new_name(), lambda path: self.arm(do="leave", path=str(path), to=back)
            )
        if group is None:
            raise UsageError(
                "process.memory_limit cannot be injected here: no control group with a limit can be made",
                hint="use how: rlimit, or name a control group that may be written",
            )
        self._set(group, max(self.attributes.room, 1 << 16), "")
        for process in processes:
            (group.path / "cgroup.procs").write_text(str(process.pid))

    def _set(self, group: Group, limit: int, old: str) -> None:
        page = 4096
        self._group, self._old, self._limit = group, old, (limit + page - 1) // page * page
        self._before = group.refusals
        group.file.write_text(str(self._limit))

    def missed(self) -> str | None:
        if self._group is None:
            return super().missed()
        now = self._group.limit
        return None if now == str(self._limit) else f"{self._group.file} says {now}, not {self._limit}"

    def acting(self) -> int:
        if self._group is not None:
            return self._group.refusals - self._before if self._group.path.exists() else 0
        return sum(self.soft(process) == limit for process, (_, limit) in self.injected.items())

    def ended(self) -> str | None:
        return super().ended() if self._group is None else self.missed()

    def lingering(self) -> str | None:
        if self._group is None:
            return super().lingering()
        if self.victim.cgroup is None:
            return f"{self._group.path} is still there" if self._group.path.exists() else None
        now = self._group.limit
        return None if now == self._old else f"{self._group.file} says {now}, not {self._old}"


def address_space(process: Process) -> int:
    """Bytes of its address space (statm(5), first field), which is what RLIMIT_AS counts."""
    import resource

    pages = Path(f"/proc/{process.pid}/statm").read_text("ascii").split()[0]
    return int(pages) * resource.getpagesize()


def _endless(limit: str) -> bool:
    return limit.isdigit() and int(limit) > 1 << 62
