"""Soft limits of running processes (prlimit(2)): the hard limit is left, so that they can be raised again."""

from __future__ import annotations

from contextlib import suppress

from seatrial.faults.process.base import A, ProcessFault
from seatrial.faults.process.proc import Process


class LimitFault(ProcessFault[A]):
    """A fault that lowers one soft limit for every process of its victim."""

    resource = 0
    """Which, a number of the module `resource`."""

    def inject(self) -> None:
        self.injected: dict[Process, tuple[int, int]] = {}

    def lower(self, process: Process, limit: int) -> None:
        """Lower the limit of one process."""
        import resource

        with suppress(ProcessLookupError):
            soft, hard = resource.prlimit(process.pid, self.resource)
            self.arm(
                do="limit",
                pid=process.pid,
                start=process.start,
                resource=self.resource,
                injected=limit,
                soft=soft,
            )
            resource.prlimit(process.pid, self.resource, (limit, hard))
            self.injected[process] = (soft, limit)

    def soft(self, process: Process) -> int | None:
        """The limit as the kernel has it now, None when the process is gone."""
        import resource

        if not process.alive:
            return None
        with suppress(ProcessLookupError):
            return resource.prlimit(process.pid, self.resource)[0]
        return None

    def missed(self) -> str | None:
        return self._differing(1, "under the limit")

    def ended(self) -> str | None:
        return self._differing(1, "under the limit any more")

    def lingering(self) -> str | None:
        return self._differing(0, "under their old limit")

    def _differing(self, which: int, what: str) -> str | None:
        off = [
            process.pid
            for process, limits in self.injected.items()
            if self.soft(process) not in (None, limits[which])
        ]
        return f"{', '.join(map(str, off))} not {what}" if off else None
