"""A small file system in memory: a disk that can be filled without harm to anybody else."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.process.guard import Guard


class SmallDisk:
    """A tmpfs of *size* bytes in a new folder while the context is open; start a system with this folder.

    Attributes:
        folder: where it is mounted.

    Raises:
        UsageError: only root can mount.
        HarnessError: it could not be mounted, or is still in use at the end.
    """

    def __init__(self, size: int = 16 << 20) -> None:
        self.size = size
        self.folder = Path()
        self._guard: Guard | None = None

    @staticmethod
    def lacking() -> str | None:
        """Why this machine cannot have one, None where it can."""
        if not shutil.which("mount"):
            return "there is no mount"
        return None if os.geteuid() == 0 else "only root can mount a file system"

    def __enter__(self) -> SmallDisk:
        if reason := self.lacking():
            raise UsageError(f"a small disk cannot be made here: {reason}")
        self.folder = Path(tempfile.mkdtemp(prefix="seatrial-disk-"))
        self._guard = Guard()
        self._guard.arm({"do": "unmount", "path": str(self.folder)})
        command = ["mount", "-t", "tmpfs", "-o", f"size={self.size},mode=700", "seatrial", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            self.__exit__(None, None, None)
            raise HarnessError(f"a small disk could not be mounted: {done.stderr.strip()}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._guard is not None
        left = self._guard.undo()
        self._guard.end()
        if left:
            raise HarnessError(
                f"{self.folder} could not be unmounted", hint="does something still run there?"
            )
        self.folder.rmdir()
