"""The proxies in a process of their own, so that nothing the harness computes makes a fault late.

In a thread they would share the interpreter with the callers and the judging: beside a thread that computed,
one in a hundred delays was seen to be 35 ms late and more. From a process of its own one in a hundred was
0.7 ms late beside a busy harness and 0.9 ms beside an idle one, where no other program was in the way.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from seatrial.core.errors import HarnessError, SeatrialError, UsageError

PATIENCE = 20.0
"""Seconds to start, and to end."""
TOLD = b"control API: "
TROUBLE = "trouble: "


class ProxyProcess:
    """`seatrial proxy` as a child; the face of `seatrial.faults.server.ProxyServer`.

    It ends with us, however we end: its standard input does then.

    Args:
        control: where the control API listens; port 0 for any free one.
        seed: every draw of every proxy depends on it.
        proxies: descriptions as the control API takes them, to begin with.

    Attributes:
        troubles: errors of our own that nobody was there to hear; known once it was stopped.
    """

    def __init__(
        self, control: str = "127.0.0.1:0", *, seed: int = 0, proxies: Sequence[dict[str, Any]] = ()
    ) -> None:
        self._control = control
        self._seed = seed
        self._proxies = list(proxies)
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._url = ""
        self.troubles: list[str] = []

    @property
    def url(self) -> str:
        """The control API's."""
        return self._url

    def start(self) -> Self:
        """Begin; when this returns, everything listens.

        Raises:
            UsageError: an address or a description is wrong.
            HarnessError: an address cannot be had, or the process does not start.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="seatrial-proxy-")
        described = Path(self._folder.name, "proxies.json")
        described.write_text(json.dumps(self._proxies), encoding="utf-8")
        command = [sys.executable, "-m", "seatrial", "proxy", "--config", str(described), "--until-eof"]
        command += ["--control", self._control, "--seed", str(self._seed)]
        try:
            with Path(self._folder.name, "errors.txt").open("wb") as errors:
                # A session of its own: Ctrl-C in a terminal is heard by us alone, and faults are taken back.
                self._process = subprocess.Popen(  # noqa: S603  our own interpreter, arguments as a list
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    bufsize=0,
                    start_new_session=True,
                )
        except OSError as error:
            self._folder.cleanup()
            raise HarnessError(f"the fault proxy cannot be started ({error.strerror})") from error
        try:
            self._url = self._listening()
        except BaseException:
            with suppress(HarnessError):
                self.stop()
            raise
        return self

    def stop(self) -> None:
        """End; when this returns, nothing listens.

        Raises:
            HarnessError: it does not end by itself; it was killed then.
        """
        process, self._process = self._process, None
        if process is None or self._folder is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise HarnessError("the fault proxy does not end: it was killed") from None
        finally:
            said = self._said()
            self._folder.cleanup()
        self.troubles = [line.removeprefix(TROUBLE) for line in said if line.startswith(TROUBLE)]
        if code and not self.troubles:
            self.troubles = [f"it ended with code {code}" + (f": {said[-1]}" if said else "")]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()

    # -- inside

    def _listening(self) -> str:
        """Wait for its last word before it serves: the address of its control API."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        told, until = b"", time.monotonic() + PATIENCE
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            while TOLD not in told or not told.endswith(b"\n"):
                if not waiting.select(until - time.monotonic()):
                    raise HarnessError(f"the fault proxy did not start within {PATIENCE:g} s")
                data = os.read(process.stdout.fileno(), 4096)
                if not data:
                    raise self._why(process.wait(PATIENCE))
                told += data
        return told.partition(TOLD)[2].decode().strip()

    def _why(self, code: int) -> SeatrialError:
        """What it said when it ended with *code* before it served."""
        said = self._said()
        what = said[0].removeprefix("error: ") if said else f"the fault proxy ended with code {code}"
        hint = said[1].strip().removeprefix("hint: ") if len(said) > 1 else None
        kind = UsageError if code == UsageError.exit_code else HarnessError
        return kind(what, hint=hint)

    def _said(self) -> list[str]:
        """The lines that it wrote to its standard error."""
        assert self._folder is not None
        with suppress(OSError):
            return Path(self._folder.name, "errors.txt").read_text("utf-8", "replace").splitlines()
        return []
