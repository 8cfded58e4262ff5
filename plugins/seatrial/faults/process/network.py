"""A network of one's own: a namespace that a system runs in, one cable to the machine, nothing else.

Addresses are from 198.18.0.0/15, which RFC 2544 sets aside for tests of networks.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from seatrial.core.errors import HarnessError, UsageError
from seatrial.systems.process import GuardedProcess

TOOLS = ("ip", "unshare", "nsenter")


class OwnNetwork:
    """A network namespace while the context is open, joined to this machine by a pair of virtual devices.

    It is held by a guarded process: when that ends, however that comes, namespace and cable are gone.

    Attributes:
        here, there: the addresses of the machine's end and of the inner end.
        enter: words to put before a command that shall run inside.

    Raises:
        UsageError: this machine cannot do it.
        HarnessError: it could not be set up.
    """

    def __init__(self) -> None:
        self.here = self.there = ""
        self.enter: tuple[str, ...] = ()
        self._holder: GuardedProcess | None = None

    @staticmethod
    def lacking() -> str | None:
        """Why this machine cannot have one, None where it can."""
        for tool in TOOLS:
            if not shutil.which(tool):
                return f"there is no {tool} (Debian packages iproute2 and util-linux)"
        if os.geteuid() != 0:
            return "only root can make a network namespace with a cable"
        done = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True, check=False)  # noqa: S607
        return None if done.returncode == 0 else f"the kernel refuses: {done.stderr.strip()}"

    @property
    def pid(self) -> int:
        """A process inside."""
        return self._holder.pid if self._holder else 0

    def __enter__(self) -> OwnNetwork:
        if reason := self.lacking():
            raise UsageError(f"a network of one's own cannot be made here: {reason}")
        self._folder = Path(tempfile.mkdtemp(prefix="seatrial-net-"))
        try:
            self._set_up()
        except BaseException:
            self._take_down()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._take_down()

    def _set_up(self) -> None:
        script = "echo inside; exec sleep infinity"
        self._holder = GuardedProcess(
            ["unshare", "--net", "sh", "-c", script],
            env={"PATH": os.environ.get("PATH", os.defpath)},
            folder=self._folder,
            log=self._folder / "log",
            grace=0.1,
        )
        self._wait_inside()
        number = _free_number()
        self.here, self.there = (f"198.18.{number >> 6}.{(number & 63) * 4 + end}" for end in (1, 2))
        self.enter = ("nsenter", f"--net=/proc/{self.pid}/ns/net", "--")
        cable = f"st{self.pid}"
        run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", str(self.pid))
        run("ip", "addr", "add", f"{self.here}/30", "dev", cable)
        run("ip", "link", "set", cable, "up")
        run(*self.enter, "ip", "addr", "add", f"{self.there}/30", "dev", "eth0")
        run(*self.enter, "ip", "link", "set", "eth0", "up")
        run(*self.enter, "ip", "link", "set", "lo", "up")

    def _wait_inside(self) -> None:
        import time

        assert self._holder is not None
        for _ in range(500):
            if "inside" in (self._folder / "log").read_text("utf-8", "replace"):
                return
            time.sleep(0.01)
        raise HarnessError("a network namespace was not made in time")

    def _take_down(self) -> None:
        if self._holder is not None:
            # The kernel would remove it too, but only a while after the last process inside is gone.
            with suppress(HarnessError):
                run("ip", "link", "delete", f"st{self.pid}")
            self._holder.kill()
            self._holder = None
        shutil.rmtree(self._folder, ignore_errors=True)


def run(*command: str, text: str | None = None) -> str:
    """Run a command; its output.

    Raises:
        HarnessError: it failed; with its own words.
    """
    done = subprocess.run(command, capture_output=True, text=True, input=text, timeout=10, check=False)  # noqa: S603
    if done.returncode:
        raise HarnessError(f"{' '.join(command)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def _free_number() -> int:
    """The number of a network of four addresses that is not in use here."""
    used = {
        address["local"]
        for device in json.loads(run("ip", "-j", "-4", "addr"))
        for address in device["addr_info"]
    }
    start = os.getpid() % 4096
    for offset in range(4096):
        number = (start + offset) % 4096
        if f"198.18.{number >> 6}.{(number & 63) * 4 + 1}" not in used:
            return number
    raise HarnessError("every test network is in use", hint="are there systems left over? see ip addr")
