"""Names of one's own: a system that finds its dependencies in an ``/etc/hosts`` which only it can see.

The files are bound over ``/etc/hosts`` and ``/etc/resolv.conf`` in a mount namespace of the system's own.
The C library reads both anew when they change, so that names can be taken away while it runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from seatrial.core.errors import UsageError

MARK = "# the names of a system under trial, kept in "
BIND = 'for f in hosts resolv.conf; do mount --bind "$1/$f" /etc/$f || exit 1; done; shift; exec "$@"'


class OwnNames:
    """A folder with the two files while the context is open.

    Args:
        names: addresses by name, such as ``{"primary.test": "127.0.0.1"}``.

    Attributes:
        enter: words to put before the command of a system that shall see them.

    Raises:
        UsageError: this machine cannot do it.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = dict(names)
        self.folder = Path()
        self.enter: tuple[str, ...] = ()

    @staticmethod
    def lacking() -> str | None:
        """Why this machine cannot do it, None where it can."""
        if not shutil.which("unshare"):
            return "there is no unshare (Debian package util-linux)"
        if not Path("/etc/resolv.conf").exists():
            return "there is no /etc/resolv.conf"
        command = [*unshare(), "true"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        return None if done.returncode == 0 else f"the kernel refuses: {done.stderr.strip()}"

    def __enter__(self) -> OwnNames:
        if reason := self.lacking():
            raise UsageError(f"a system cannot be given names of its own here: {reason}")
        self.folder = Path(tempfile.mkdtemp(prefix="seatrial-names-"))
        lines = [f"{MARK}{self.folder}", "127.0.0.1 localhost", "::1 localhost"]
        lines += [f"{address} {name}" for name, address in self.names.items()]
        (self.folder / "hosts").write_text("\n".join(lines) + "\n", "utf-8")
        shutil.copyfile("/etc/resolv.conf", self.folder / "resolv.conf")
        self.enter = (*unshare(), "sh", "-c", BIND, "sh", str(self.folder))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def unshare() -> tuple[str, ...]:
    """How this user makes a mount namespace."""
    user = () if os.geteuid() == 0 else ("--user", "--map-root-user")
    return ("unshare", *user, "--mount", "--propagation", "private")
