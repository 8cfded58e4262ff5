"""Several signals: each is watched from beginning to end, so that nothing is seen too late."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from seatrial.chaos.signals.sources import (
    Reading,
    Unreachable,
    read_alertmanager,
    read_metric,
    read_prometheus,
)
from seatrial.chaos.signals.webhook import Inbox, Listener
from seatrial.policy.signals import SignalSpec

Record = Callable[..., None]


@dataclass
class State:
    """What is known of one signal.

    Attributes:
        readings: ``(when, active)`` of every change, the first reading among them; seconds of the run.
        looked: when it was last looked at with success, None where it never was.
        trouble: why the last look failed, empty where it did not.
        told: what the last look saw, in words.
    """

    readings: list[tuple[float, bool]] = field(default_factory=list)
    looked: float | None = None
    trouble: str = ""
    told: str = ""

    def at(self, moment: float) -> bool | None:
        """Whether it was active at *moment*; None where nothing was known by then."""
        known = [active for when, active in self.readings if when <= moment]
        return known[-1] if known else None

    def first(self, active: bool, since: float) -> float | None:
        """When it first was (or was not) active after *since*; None where it has not been."""
        return next((when for when, state in self.readings if when > since and state is active), None)


class Signals:
    """Watches every signal in a thread of its own; webhooks come by themselves.

    Args:
        specs: as a policy or a game day has them.
        clock: seconds, of whatever the caller counts in.
        record: writes one event to the journal.
        heard: told of whatever newly fires: ``heard(name, words)``.

    Raises:
        UsageError: a port of a webhook is taken.
    """

    def __init__(
        self,
        specs: Sequence[SignalSpec],
        clock: Callable[[], float],
        record: Record,
        heard: Callable[[str, str], None] = lambda name, words: None,
    ) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._clock = clock
        self._record = record
        self._heard = heard
        self._states = {spec.name: State() for spec in specs}
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._urls: dict[str, str] = {}
        self._listeners: dict[int, Listener] = {}
        try:
            self.addresses = {spec.name: self._listen(spec) for spec in specs if spec.webhook is not None}
        except BaseException:
            self.close()
            raise

    def start(self, filled: Callable[[str], str]) -> None:
        """Begin to watch.

        Args:
            filled: replaces the placeholders in an address.
        """
        for name, spec in self._specs.items():
            source = spec.metric or spec.prometheus or spec.alertmanager
            if source is None:
                self._saw(name, Reading(False, "nothing came in"))
                continue
            self._urls[name] = filled(source.url)
            thread = threading.Thread(target=self._watch, args=(spec,), name=f"signal-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def look(self, name: str) -> State:
        """Look at a signal now; webhooks are as they came."""
        spec = self._specs[name]
        if spec.webhook is None:
            self._look(spec)
        return self._states[name]

    def state(self, name: str) -> State:
        """What is known of a signal."""
        return self._states[name]

    def wait(self, seconds: float) -> None:
        """Until something changed, or a short while at the most."""
        with self._changed:
            self._changed.wait(seconds)

    def close(self) -> None:
        """Watch no more."""
        self._stop.set()
        for listener in self._listeners.values():
            listener.close()
        self._listeners.clear()
        for thread in self._threads:
            thread.join()

    def _listen(self, spec: SignalSpec) -> str:
        webhook = spec.webhook
        assert webhook is not None
        listener = self._listeners.get(webhook.port)
        if listener is None:
            listener = self._listeners[webhook.port] = Listener(webhook.port)

        def told(active: bool, words: str) -> None:
            self._saw(spec.name, Reading(active, words))

        inbox = Inbox(webhook.alert, webhook.labels, told, lambda words: self._heard(spec.name, words))
        return listener.add(webhook.path or f"/{spec.name}", inbox)

    def _watch(self, spec: SignalSpec) -> None:
        while not self._stop.is_set():
            self._look(spec)
            self._stop.wait(spec.every)

    def _look(self, spec: SignalSpec) -> None:
        try:
            reading = self._read(spec, self._urls[spec.name])
        except Unreachable as error:
            self._failed(spec.name, str(error))
        else:
            self._saw(spec.name, reading)

    def _read(self, spec: SignalSpec, url: str) -> Reading:
        if spec.metric is not None:
            return read_metric(spec.metric, url)
        if spec.prometheus is not None:
            return read_prometheus(spec.prometheus, url)
        assert spec.alertmanager is not None
        return read_alertmanager(spec.alertmanager, url)

    def _saw(self, name: str, reading: Reading) -> None:
        state = self._states[name]
        with self._changed:
            now = self._clock()
            known = state.readings[-1][1] if state.readings else None
            state.looked, state.trouble, state.told = now, "", reading.told
            if reading.active is known:
                return
            state.readings.append((now, reading.active))
            self._changed.notify_all()
        phase = "active" if reading.active else "quiet"
        self._record("signal", name=name, phase=phase, told=reading.told, first=known is None)
        if reading.active and self._specs[name].webhook is None:
            self._heard(name, reading.told)

    def _failed(self, name: str, why: str) -> None:
        state = self._states[name]
        with self._changed:
            before, state.trouble = state.trouble, why
        if before != why and not self._stop.is_set():
            self._record("signal", name=name, phase="unreachable", told=why)


def sources(specs: Sequence[SignalSpec]) -> list[Mapping[str, str]]:
    """What is watched where, for the journal: no address, which may hold what must not be shown."""
    return [{"name": spec.name, "source": spec.source, "about": spec.about} for spec in specs]
