"""The processes that stand beside a system, such as the providers that it asks."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from seatrial.core.errors import HarnessError
from seatrial.systems.process import GuardedProcess
from seatrial.systems.readiness import wait_until_ready
from seatrial.systems.recipe import Part

TAIL_LINES = 20


class Company:
    """All of them: started together, and stopped together.

    Args:
        parts: what to start.
        fill: replaces placeholders.
        folder: for their logs.
    """

    def __init__(self, parts: Sequence[Part], fill: Callable[[str], str], folder: Path) -> None:
        self._parts = parts
        self._fill = fill
        self._folder = folder
        self._processes: dict[str, GuardedProcess] = {}

    @property
    def pids(self) -> dict[str, int]:
        """The process of each, by name."""
        return {name: process.pid for name, process in self._processes.items()}

    def start(self) -> None:
        """Start all, and wait until all serve.

        Raises:
            HarnessError: one ended, or did not serve in time; with the end of its log.
        """
        for part in self._parts:
            self._processes[part.name] = GuardedProcess(
                [self._fill(word) for word in part.command],
                env={**os.environ, **{name: self._fill(value) for name, value in part.env.items()}},
                folder=self._folder,
                log=self._log(part),
                stop=part.stop.signal,
                grace=part.stop.grace,
            )
        for part in self._parts:
            self._wait(part, self._processes[part.name])

    def stop(self) -> None:
        """Stop all, the last first."""
        while self._processes:
            self._processes.popitem()[1].stop()

    def tail(self) -> str:
        """The end of every log."""
        logs = [self._log(part) for part in self._parts]
        texts = [log.read_text("utf-8", "replace") for log in logs if log.is_file()]
        return "\n".join("\n".join(text.splitlines()[-TAIL_LINES:]) for text in texts)

    def _log(self, part: Part) -> Path:
        return self._folder / f"{part.name}.log"

    def _wait(self, part: Part, process: GuardedProcess) -> None:
        url = self._fill(part.ready.url)
        if wait_until_ready(url, part.ready, lambda: process.exit_code is None):
            return
        code = process.exit_code
        what = f"did not serve within {part.ready.timeout:g} s" if code is None else f"ended with code {code}"
        raise HarnessError(f"{part.name!r} {what}", where=url, hint=f"its log ends with:\n{self.tail()}")
