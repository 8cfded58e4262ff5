"""``process.memory``: somebody else holds the machine's memory (stress-ng --vm)."""

from __future__ import annotations

from pathlib import Path

from seatrial.core.errors import UsageError
from seatrial.faults.process.base import ProcessAttributes
from seatrial.faults.process.proc import Process
from seatrial.faults.process.registry import register
from seatrial.faults.process.stress import StressFault
from seatrial.policy.fields import Size

RESERVE = 64 << 20
"""Bytes that are left alone: below, the kernel would kill whom it likes, the harness among them."""
HELD = 0.9
"""The share of the size that must be resident for the fault to have taken."""


class Attributes(ProcessAttributes):
    """How much is held."""

    size: Size = 256 << 20
    """Memory held; 256MiB where nothing is said."""


@register
class ProcessMemory(StressFault[Attributes]):
    """Memory is held by somebody else, and used all the time so that it stays resident."""

    type = "process.memory"
    counts = "MiB held"
    worker = "stress-ng-vm"
    patience = 60.0

    def check(self) -> None:
        there = available()
        if self.attributes.size > there - RESERVE:
            raise UsageError(
                f"process.memory cannot take {self.attributes.size >> 20} MiB: {there >> 20} MiB are there",
                hint=f"leave {RESERVE >> 20} MiB, or the kernel kills whom it likes",
            )

    def options(self) -> list[str]:
        return ["--vm", "1", "--vm-bytes", str(self.attributes.size), "--vm-keep", "--vm-method", "write64"]

    def weak(self, workers: list[Process]) -> str | None:
        held = sum(process.resident for process in workers)
        enough = held >= HELD * self.attributes.size
        return None if enough else f"{held >> 20} of {self.attributes.size >> 20} MiB are held"

    def acting(self) -> int:
        return sum(process.resident for process in self.workers()) >> 20


def available() -> int:
    """Bytes that could be had without swapping (proc(5), MemAvailable)."""
    lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    facts = dict(line.split(":", 1) for line in lines)
    return int(facts["MemAvailable"].split()[0]) * 1024
