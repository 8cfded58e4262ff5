"""The pytest process that a run happens in: started, followed through its journal, and always ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from seatrial.core.errors import HarnessError
from seatrial.core.journal import Event, parse_event

# pytest takes configuration and conftest files from where it starts, and plugins drop litter there: so it
# gets our own pytest.ini and an empty folder, and nothing of the user's changes what a certificate means.
CONFIG = Path(__file__).with_name("pytest.ini")
POLL = 0.05  # seconds between two looks at the journal
GRACE = 15.0  # seconds to revert faults and write the journal's end after an interrupt
_FOREIGN = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTHONSAFEPATH")


class Child:
    """`python -m pytest` in its own session; whatever happens, nothing of it survives the ``with`` block.

    Its own session, because a terminal sends Ctrl-C to every process of the foreground group: the child
    must hear it once, from us, and have the time to revert what it did. It holds one end of a pipe, and we
    the other: when we are killed it notices, and stops as on Ctrl-C.

    Args:
        arguments: for pytest.
        log: file that takes what it prints.
        env: the environment; ours where omitted.

    Raises:
        HarnessError: the process cannot be started.
    """

    def __init__(self, arguments: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.log = log
        self._tail: Tail | None = None
        self._root = TemporaryDirectory(prefix="seatrial-")
        root = self._root.name
        environment = {
            key: value for key, value in (os.environ if env is None else env).items() if key not in _FOREIGN
        }
        held, self._lifeline = os.pipe()
        options = ["-c", str(CONFIG), "--rootdir", root, "--trial-lifeline", str(held), *arguments]
        try:
            with log.open("wb") as out:
                self._process = subprocess.Popen(  # noqa: S603  # our own interpreter, arguments as a list
                    [sys.executable, "-m", "pytest", *options],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    cwd=root,
                    env=environment,
                    start_new_session=True,
                    pass_fds=(held,),
                )
        except OSError as error:
            os.close(self._lifeline)
            self._root.cleanup()
            raise HarnessError(f"pytest cannot be started ({error.strerror})", where=str(log)) from error
        finally:
            os.close(held)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def returncode(self) -> int | None:
        """pytest's exit code, negative for a signal, None while it runs."""
        return self._process.poll()

    def events(self, journal: Path) -> Iterator[Event]:
        """Every event of *journal* as it is written, until the child has ended and all is read."""
        self._tail = Tail(journal)
        while self.returncode is None:
            yield from self._tail.read()
            time.sleep(POLL)
        yield from self._tail.read()

    def left(self) -> list[Event]:
        """The events that were written since `events` was broken off."""
        return self._tail.read() if self._tail else []

    def interrupt(self) -> None:
        """Ask it to stop (as Ctrl-C does), give it time to revert, then end it."""
        if self.returncode is None:
            self._process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE)
        self.end()

    def end(self) -> None:
        """Kill what is left of the child's process group; harmless when nothing is."""
        with suppress(ProcessLookupError, PermissionError):  # nothing is left of the group
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        self._root.cleanup()

    def last_words(self, lines: int = 15) -> str:
        """The end of what it printed."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])


class Tail:
    """Reads a growing journal, whole lines only; a file that is not there yet is an empty one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def read(self) -> list[Event]:
        """The events written since the last call; a line that is none is for `read_journal` to tell."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        end = data.rfind(b"\n") + 1
        self._offset += end
        events = (parse_event(line.decode("utf-8", "replace")) for line in data[:end].splitlines())
        return [event for event in events if event is not None]
