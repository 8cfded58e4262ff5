"""Automated remediation of the gateway: watch, alert, restart a few times, announce, else call a person.

Messages are what Alertmanager would post to a webhook
(https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.systems.reference.defects import HEALTHY, Defects

DOWN, STEP, CALLED = "GatewayDown", "GatewayRemediation", "GatewayNeedsPeople"
SEVERITY = {DOWN: "warning", STEP: "info", CALLED: "page"}
LATE = 60.0
"""Seconds by which the defect's alert is late."""
CRIES = 1.5
"""Seconds between two false alarms of the defect, and half of how long one lasts."""


@dataclass(frozen=True, slots=True)
class Care:
    """How it is watched over.

    Attributes:
        every: seconds between two looks.
        failures: looks in a row without an answer that are an alert.
        patience: seconds that a start may take, before it is tried again.
        attempts: restarts before a person is called.
    """

    every: float = 0.25
    failures: int = 3
    patience: float = 5.0
    attempts: int = 2


@dataclass(slots=True)
class Case:
    """One time that the gateway does not answer.

    Attributes:
        alerted, called: whether that was told.
        steps: restarts.
    """

    since: float
    alerted: bool = False
    called: bool = False
    steps: int = 0


class Remediator:
    """Decides at each look what is to be done.

    Args:
        answers: whether the gateway answers at all.
        started: when it was last started, on the same clock.
        restart: kills it; whoever supervises it starts it again.
        tell: posts one message.
        clock: monotonic seconds.
        care: how it is watched over.
        defects: what is wrong with all this.
    """

    def __init__(
        self,
        answers: Callable[[], bool],
        started: Callable[[], float],
        restart: Callable[[], None],
        tell: Callable[[Mapping[str, Any]], None],
        *,
        clock: Callable[[], float],
        care: Care = Care(),
        defects: Defects = HEALTHY,
    ) -> None:
        self._answers = answers
        self._started = started
        self._restart = restart
        self._tell = tell
        self._clock = clock
        self._care = care
        self._defects = defects
        self._failures = 0
        self._stepped = float("-inf")
        self._case: Case | None = None
        self._firing: dict[str, dict[str, str]] = {}

    def look(self) -> None:
        """Look once, and do what is due."""
        if self._defects.on("cries-wolf"):
            self._cry()
        if self._answers():
            self._failures = 0
            if self._case is not None:
                self._close()
            return
        self._failures += 1
        if self._case is None and self._failures >= self._care.failures:
            self._case = Case(self._clock())
        if self._case is not None:
            self._work_on(self._case)

    def _work_on(self, case: Case) -> None:
        now = self._clock()
        late = LATE if self._defects.on("alerts-late") else 0.0
        if not case.alerted and not self._defects.on("never-alerts") and now - case.since >= late:
            case.alerted = True
            self._fire(DOWN, "the gateway does not answer")
        if self._defects.on("pages-at-once") and not case.called:
            case.called = True
            self._fire(CALLED, "the gateway does not answer")
        if now - max(self._started(), self._stepped) < self._care.patience:
            return
        if case.steps < self._care.attempts or self._defects.on("never-escalates"):
            self._step(case)
        elif not case.called:
            case.called = True
            self._fire(CALLED, f"{case.steps} restarts did not help")

    def _step(self, case: Case) -> None:
        case.steps += 1
        self._stepped = self._clock()
        if not self._defects.on("silent-steps"):
            self._fire(STEP, f"restart {case.steps}", step=str(case.steps))
        if not self._defects.on("remedy-without-effect"):
            self._restart()
        if self._defects.on("claims-resolved"):
            self._close()
            self._failures = 0

    def _close(self) -> None:
        """It is well again, or said to be: whatever was told is over."""
        self._case = None
        for alert in self._firing.values():
            self._post("resolved", {**alert, "summary": "the gateway answers again"})
        self._firing.clear()

    def _fire(self, name: str, summary: str, **labels: str) -> None:
        alert = {"alertname": name, "severity": SEVERITY[name], **labels, "summary": summary}
        self._firing[json.dumps([name, labels])] = alert
        self._post("firing", alert)

    def _post(self, status: str, alert: Mapping[str, str]) -> None:
        labels = {key: value for key, value in alert.items() if key != "summary"}
        self._tell(message(status, labels, alert["summary"]))

    def _cry(self) -> None:
        """An alert that comes and goes, and is about nothing."""
        if self._clock() % (2 * CRIES) < CRIES:
            if "wolf" not in self._firing:
                self._firing["wolf"] = {"alertname": DOWN, "severity": SEVERITY[DOWN], "summary": "a wolf"}
                self._post("firing", self._firing["wolf"])
        elif alert := self._firing.pop("wolf", None):
            self._post("resolved", alert)


def message(status: str, labels: Mapping[str, str], summary: str) -> dict[str, Any]:
    """One alert as Alertmanager posts it."""
    alert = {"status": status, "labels": dict(labels), "annotations": {"summary": summary}}
    return {
        "version": "4",
        "groupKey": f"{{}}:{{alertname={json.dumps(labels['alertname'])}}}",
        "status": status,
        "receiver": "webhook",
        "groupLabels": {"alertname": labels["alertname"]},
        "commonLabels": dict(labels),
        "commonAnnotations": {"summary": summary},
        "externalURL": "",
        "truncatedAlerts": 0,
        "alerts": [alert],
    }
