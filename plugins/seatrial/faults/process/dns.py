"""``process.dns``: names stop resolving where the system looks them up.

The proxy cannot do this to its caller, who has found the proxy already: its ``dns.fail`` is what a caller
sees when a lookup fails further on. Here the lookup itself fails, in a system that was started with names of
its own (`OwnNames`). Seen in public: litellm#17252.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from seatrial.core.errors import UsageError
from seatrial.faults.process.base import ProcessAttributes, ProcessFault
from seatrial.faults.process.names import MARK
from seatrial.faults.process.registry import register

RESOLVERS = {
    # Nobody listens on this loopback address: lookups fail at once, as with a resolver that is down.
    "refused": "nameserver 127.255.255.254\noptions attempts:1\n",
    # RFC 5737 keeps this address for documents: nobody answers.
    "timeout": "nameserver 192.0.2.1\noptions attempts:1 timeout:5\n",
}


class Attributes(ProcessAttributes):
    """Which names fail, and how."""

    host: str = "*"
    """A glob of the names of `OwnNames` that fail; all where nothing is said. Names that only a
    resolver knows fail always."""
    how: Literal["refused", "timeout"] = "refused"
    """``refused``: the resolver is down, lookups fail at once; ``timeout``: it is silent for 5 s."""


@register
class ProcessDns(ProcessFault[Attributes]):
    """Names stop resolving for a system that was started with names of its own."""

    type = "process.dns"
    counts = "names that a lookup in the system's place did not find"

    @classmethod
    def lacking(cls) -> str | None:
        if not sys.platform.startswith("linux"):
            return "mount namespaces need Linux"
        for tool in ("nsenter", "getent"):
            if not shutil.which(tool):
                return f"there is no {tool}"
        return None if os.geteuid() == 0 else "only root can look at a system's files from inside"

    def check(self) -> None:
        self._pid = self.victim.leader.pid
        first, *lines = Path(f"/proc/{self._pid}/root/etc/hosts").read_text("utf-8").splitlines()
        if not first.startswith(MARK):
            raise UsageError(
                f"{self.victim.name} has no names of its own", hint="start it with OwnNames(...).enter before"
            )
        self._names = [
            line.split()[1] for line in lines[2:] if fnmatchcase(line.split()[1], self.attributes.host)
        ]
        if not self._names:
            raise UsageError(f"no name of {self.victim.name} matches {self.attributes.host!r}")
        self._folder = Path(first.removeprefix(MARK))
        kept = [line for line in lines if line.split()[1] not in self._names]
        self._hosts = "\n".join([first, *kept]) + "\n"

    def inject(self) -> None:
        self._replace(self._folder / "resolv.conf", RESOLVERS[self.attributes.how])
        self._replace(self._folder / "hosts", self._hosts)

    def _replace(self, file: Path, text: str) -> None:
        """In place: the file is bound to another name, which a new file would not get."""
        self.arm(do="write", path=str(file), text=file.read_text("utf-8"))
        with file.open("r+", encoding="utf-8") as opened:
            opened.write(text)
            opened.truncate()

    def missed(self) -> str | None:
        if self.attributes.how == "timeout":
            return None  # each look would take as long; the files have been read back by `acting`
        found = [name for name in self._names if self._found(name)]
        return f"{', '.join(found)} can still be found" if found else None

    def acting(self) -> int:
        text = Path(f"/proc/{self._pid}/root/etc/hosts")
        try:
            left = {word for line in text.read_text("utf-8").splitlines()[1:] for word in line.split()[1:]}
        except OSError:
            return 0
        return sum(name not in left for name in self._names)

    def lingering(self) -> str | None:
        if not Path(f"/proc/{self._pid}/root").exists():
            return None
        lost = [name for name in self._names if not self._found(name)]
        return f"{', '.join(lost)} cannot be found" if lost else None

    def _found(self, name: str) -> bool:
        enter = ["nsenter", f"--mount=/proc/{self._pid}/ns/mnt", "--", "getent", "ahosts", name]
        return subprocess.run(enter, capture_output=True, check=False).returncode == 0  # noqa: S603
