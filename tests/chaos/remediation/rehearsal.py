"""A loop of remediation in virtual time: the reference system's own watch, over a gateway that is played."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seatrial.chaos.asking import Seen
from seatrial.chaos.record import FaultRecord, Record
from seatrial.chaos.remediation.facts import Loop, Remedied, Told, loops
from seatrial.chaos.remediation.judge import done
from seatrial.chaos.signals.watch import State
from seatrial.chaos.signals.webhook import Inbox
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.remediator import Care, Remediator
from tests.chaos.world import POLICY, policy

SIGNALS = """\
  signals:
    - {name: down, webhook: {port: 9110, path: /alerts, alert: GatewayDown}}
    - {name: step, webhook: {port: 9110, path: /alerts, alert: GatewayRemediation}}
    - {name: paged, webhook: {port: 9110, path: /alerts, labels: {severity: page}}}
"""
HANGS = """\
  remediation:
    - name: hangs
      inject: [{on: gateway, toxic: process.stop}]
      alert: {signal: down, within: 5s}
      steps: {signal: step, at_most: 2}
      resolved: {within: 10s}
      escalation: {signal: paged, within: 30s}
"""
FOR_GOOD = HANGS.replace("resolved: {within: 10s}", "persists: true").replace("hangs", "for-good")
TICK = 0.025
START = 1.0
"""Seconds until the gateway answers once it was started."""
CARE = Care(patience=3.0)


def loop(folder: Path, text: str = HANGS) -> Loop:
    """The only loop of a policy with those signals."""
    (found,) = loops(policy(folder, POLICY + SIGNALS + text))
    return found


def state(*readings: tuple[float, bool], trouble: str = "") -> State:
    """What is known of a signal."""
    return State(list(readings), looked=readings[-1][0] if readings else None, trouble=trouble, told="told")


def seen(sent: float, good: bool, took: float = 0.005) -> Seen:
    """One answer."""
    return Seen(sent, sent + took, good, 200 if good else 0, None, None, None, (), 1)


class Rehearsal:
    """Callers, a gateway, its watch and ourselves, tick by tick.

    Args:
        loop: what is exercised.
        defects: what is wrong with the watch.
    """

    def __init__(self, loop: Loop, *defects: str) -> None:
        self.now = 0.0
        self.hung = False
        self.started = -100.0
        self.spec = loop.spec
        self.found = Remedied(loop.spec, Record(loop.scenario))
        self.found.states = {purpose: state((0.0, False)) for purpose in loop.spec.signals}
        named = {each.name: each.webhook for each in loop.signals}
        self._inboxes = [
            Inbox(hook.alert, hook.labels, self._hears(purpose), self._stepped(purpose))
            for purpose, name in loop.spec.signals.items()
            if (hook := named[name]) is not None
        ]
        self._watch = Remediator(
            self.serves,
            lambda: self.started,
            self._restarted,
            self._tell,
            clock=lambda: self.now,
            care=CARE,
            defects=Defects(defects),
        )
        self._ticks = 0

    def serves(self) -> bool:
        """Whether the gateway answers."""
        return not self.hung and self.now - self.started >= START

    def run(self) -> Remedied:
        """The whole of it: calm, fault, and what follows."""
        found, record = self.found, self.found.record
        before: list[Seen] = []
        while self.now < self.spec.calm + 1.0 and not found.alarm:
            self._tick(before)
            if any(found.states[each].readings[-1][1] for each in ("alert", "escalation")):
                found.alarm = "down fired"
        record.before, found.ended = before, self.now
        if not found.alarm:
            self._fault()
        return found

    def _fault(self) -> None:
        found, record = self.found, self.found.record
        under: list[Seen] = []
        after: list[Seen] = []
        record.under, record.after = under, after
        record.faults.append(FaultRecord(record.scenario.injections[0], hits=1, reverted=True))
        self.hung, found.injected = True, self.now
        while not done(found, self.now):
            self._tick(under)
            found.ended = self.now
        self.hung, found.reverted = False, self.now
        while self.now - found.reverted < 5.0:
            self._tick(after)
        found.ended = self.now

    def _tick(self, into: list[Seen]) -> None:
        self._ticks += 1
        self.now = round(self._ticks * TICK, 6)
        into.append(seen(self.now, self.serves()))
        if self._ticks % round(CARE.every / TICK) == 0:
            self._watch.look()

    def _restarted(self) -> None:
        self.hung, self.started = self.spec.persists, self.now

    def _tell(self, told: Mapping[str, Any]) -> None:
        for inbox in self._inboxes:
            inbox.take(json.dumps(told).encode())

    def _hears(self, purpose: str) -> Any:
        def told(active: bool, words: str) -> None:
            known = self.found.states[purpose]
            known.looked = self.now
            if known.readings[-1][1] is not active:
                known.readings.append((self.now, active))

        return told

    def _stepped(self, purpose: str) -> Any:
        def news(words: str) -> None:
            if purpose == "steps":
                self.found.steps.append(Told(self.now, words))

        return news
