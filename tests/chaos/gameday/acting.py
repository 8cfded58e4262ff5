"""A game day without a network: fakes for dependencies, people and traffic, and a journal in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from seatrial.chaos.gameday.abort import Abort
from seatrial.chaos.gameday.desk import Desk, Unattended
from seatrial.chaos.gameday.journey import Journey
from seatrial.chaos.gameday.pulse import Pulse
from seatrial.chaos.gameday.runner import Runner
from seatrial.chaos.signals.watch import Signals
from seatrial.core.errors import HarnessError
from seatrial.policy.marked import read_document

HEAD = """\
apiVersion: seatrial/v1alpha1
kind: GameDay
metadata: {name: drill}
spec:
"""
STAGE = """\
  target: {uri: "http://127.0.0.1:1/v1", model: small}
  traffic: {rate: 10}
  dependencies: [{name: primary, upstream: "127.0.0.1:9001"}]
"""


def write(folder: Path, spec: str, *, stage: str = STAGE) -> Path:
    """A game day's file."""
    path = folder / "drill.gameday.yaml"
    path.write_text(HEAD + stage + spec, "utf-8")
    return path


def spec_of(text: str) -> Any:
    """The spec in *text* (the keys under ``spec``, indented by two)."""
    from tempfile import TemporaryDirectory

    from seatrial.chaos.gameday.model import GameDay

    with TemporaryDirectory() as folder:
        tree = read_document(write(Path(folder), text))
    return GameDay.model_validate(tree.plain()).spec


class Witness:
    def __init__(self) -> None:
        self.hits: int | None = 0


class Fault:
    """A fault that counts what happens to it; *broken* says when it fails."""

    def __init__(self, type: str, broken: str = "") -> None:
        self.type = type
        self.witness = Witness()
        self.at_work = False
        self._broken = broken

    def __enter__(self) -> Fault:
        if self._broken == "enter":
            raise HarnessError("the fault did not take")
        self.at_work = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.at_work = False
        if self._broken == "exit":
            raise HarnessError("the fault was not reverted")


class Dependency:
    """Hands out faults that hit at once, as often as *hits*."""

    def __init__(self, hits: int | None = 5, broken: str = "") -> None:
        self.listen = "127.0.0.1:9101"
        self.faults: list[Fault] = []
        self.asked: list[dict[str, Any]] = []
        self._hits, self._broken = hits, broken

    def inject(
        self,
        type: str,
        *,
        attributes: Mapping[str, Any] | None = None,
        toxicity: float = 1.0,
        stream: str = "downstream",
        name: str | None = None,
        **when: Any,
    ) -> Fault:
        self.asked.append({"type": type, "attributes": attributes, "toxicity": toxicity, **when})
        fault = Fault(type, self._broken)
        fault.witness.hits = self._hits
        self.faults.append(fault)
        return fault


class Flow:
    """Traffic out of nothing: a request every few milliseconds, good or bad as it is told."""

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.good = True
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Flow:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        pulse, clock = self.journey.pulse, self.journey.clock
        while not self._stop.wait(0.002):
            number = pulse.sent(clock())
            pulse.ended(number, clock(), good=self.good, ok=self.good)


class Drill:
    """A script on fakes.

    Attributes:
        events: everything that was recorded.
    """

    def __init__(self, text: str, *, dependency: Dependency | None = None, desk: Desk | None = None) -> None:
        self.spec = spec_of(text)
        self.events: list[dict[str, Any]] = []
        self.abort = Abort()
        self.primary = dependency or Dependency()
        began = time.monotonic()

        def clock() -> float:
            return time.monotonic() - began

        def record(event: str, **fields: Any) -> None:
            self.events.append({"event": event, "t": clock(), **fields})

        self.signals = Signals(self.spec.signals, clock, record)
        self.journey = Journey(
            clock,
            record,
            self.abort,
            desk or Unattended(),
            Pulse(),
            self.signals,
            {"primary": self.primary},
        )
        self.runner = Runner("drill", self.spec, self.journey)
        self.flow = Flow(self.journey)

    def __enter__(self) -> Drill:
        self.signals.start(lambda text: text)
        self.flow.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.flow.__exit__()
        self.signals.close()

    def all(self, event: str) -> list[dict[str, Any]]:
        """All events of one kind."""
        return [each for each in self.events if each["event"] == event]

    def outcomes(self) -> dict[str, str]:
        """What each item came to, by the end of its id."""
        return {each["id"].partition("::")[2]: each["outcome"] for each in self.all("item")}

    def reason(self, ending: str) -> str:
        """Why the item whose id ends so came to what it did."""
        return next(str(each["reason"]) for each in self.all("item") if each["id"].endswith(ending))
