"""``process.cpu``: somebody else uses the CPUs that the victim runs on (stress-ng --cpu)."""

from __future__ import annotations

import os

from pydantic import Field

from seatrial.faults.process.base import ProcessAttributes
from seatrial.faults.process.registry import register
from seatrial.faults.process.stress import StressFault, whole
from seatrial.policy.fields import Share


class Attributes(ProcessAttributes):
    """How many compete, and how hard."""

    workers: int | None = Field(default=None, ge=1, le=256)
    """Competitors; as many as the victim may use CPUs where nothing is said."""
    load: Share = Field(default=1.0, gt=0)
    """The share of its CPU that each wants."""


@register
class ProcessCpu(StressFault[Attributes]):
    """Competitors keep the victim's CPUs busy."""

    type = "process.cpu"
    counts = "workers that used CPU time"
    worker = "stress-ng-cpu"

    @property
    def wanted(self) -> int:
        return self._wanted

    def check(self) -> None:
        self._cores = sorted(os.sched_getaffinity(self.victim.leader.pid))
        self._wanted = self.attributes.workers or len(self._cores)

    def options(self) -> list[str]:
        cores = ",".join(map(str, self._cores))
        load = whole(self.attributes.load)
        return ["--cpu", str(self._wanted), "--cpu-load", load, "--taskset", cores]
