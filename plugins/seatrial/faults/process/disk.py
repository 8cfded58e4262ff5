"""``process.disk``: the file system of a folder is full: writing fails with ENOSPC.

A file with a name of its own takes what is free. It is bounded: more than ``at_most`` is not written, and the
file system that the harness itself writes to is left with some room. For a small one see `SmallDisk`.
"""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from pydantic import Field

from seatrial.core.errors import UsageError
from seatrial.faults.process.base import ProcessAttributes, ProcessFault
from seatrial.faults.process.registry import register
from seatrial.policy.fields import Size

OWN_ROOM = 32 << 20
"""Bytes that must stay free where the harness itself writes."""
SLACK = 256 << 10
"""Bytes that a file system may keep for itself: they stay free, and still nothing can be written."""
BLOCK = 64 << 10


class Attributes(ProcessAttributes):
    """Which file system, and how full."""

    folder: Path | None = None
    """A folder on it; that of the system where a recipe started one."""
    leave: Size | None = None
    """What stays free; nothing where nothing is said."""
    at_most: Size = Field(default=1 << 30)
    """The largest file that may be written; 1GiB where nothing is said."""


@register
class ProcessDisk(ProcessFault[Attributes]):
    """The disk is full, or nearly."""

    type = "process.disk"
    counts = "1 while nothing more than `leave` can be written"

    def check(self) -> None:
        folder = self.attributes.folder or self.victim.folder
        if folder is None or not folder.is_dir():
            raise UsageError(f"process.disk needs a folder: {folder} is none", hint="name it as folder")
        self._leave = self.attributes.leave or 0
        self._refuse(folder)
        self._folder = folder
        self._file = folder / f".seatrial-full-{secrets.token_hex(8)}"

    def inject(self) -> None:
        self.arm(do="unlink", path=str(self._file))
        fill(self._file, free(self._folder) - self._leave)

    def _refuse(self, folder: Path) -> None:
        wanted = free(folder) - self._leave
        if wanted <= 0:
            raise UsageError(f"{folder} has {free(folder) >> 20} MiB free already", hint="leave less")
        if wanted > self.attributes.at_most:
            raise UsageError(
                f"{wanted >> 20} MiB would have to be written to fill {folder}: more than at_most",
                hint="put the system on a small file system of its own (SmallDisk), or raise at_most",
            )
        if os.stat(folder).st_dev == os.stat(Path.cwd()).st_dev and self._leave < OWN_ROOM:
            raise UsageError(
                f"the harness writes to the file system of {folder} itself",
                hint=f"leave {OWN_ROOM >> 20} MiB or more, or name another file system",
            )

    def missed(self) -> str | None:
        left = free(self._folder)
        if left > self._leave + SLACK:
            return f"{left >> 10} KiB are free, not {self._leave >> 10}"
        return None if self._leave or not _writable(self._folder) else "it can still be written to"

    def acting(self) -> int:
        return int(self._file.exists() and self.missed() is None)

    def ended(self) -> str | None:
        return None if self._file.exists() else f"{self._file} was removed by somebody else"

    def lingering(self) -> str | None:
        return f"{self._file} is still there" if self._file.exists() else None


def free(folder: Path) -> int:
    """Bytes that this user can still write there."""
    facts = os.statvfs(folder)
    return facts.f_frsize * (facts.f_bfree if os.geteuid() == 0 else facts.f_bavail)


def fill(file: Path, size: int) -> None:
    """Write a file of *size* bytes, or as many as there is room for."""
    descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        written, step = 0, size
        while written < size and step >= 1024:
            try:
                os.posix_fallocate(descriptor, written, min(step, size - written))
            except OSError as error:
                if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                    raise
                step //= 2
            else:
                written += min(step, size - written)
    finally:
        os.close(descriptor)


def _writable(folder: Path) -> bool:
    """Whether a block more than the slack can be written; the file never has a name that stays."""
    probe = folder / f".seatrial-probe-{secrets.token_hex(8)}"
    try:
        with probe.open("xb") as file:
            file.write(b"\1" * (SLACK + BLOCK))
        return True
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return False
    finally:
        probe.unlink(missing_ok=True)
