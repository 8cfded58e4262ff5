"""Who watches over the gateway, in virtual time: what is told when, and what is done."""

from __future__ import annotations

from typing import Any

from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.remediator import CALLED, DOWN, STEP, Care, Remediator, message

CARE = Care(every=1.0, failures=3, patience=5.0, attempts=2)


class Watch:
    """A remediator, and all that it said and did."""

    def __init__(self, *defects: str) -> None:
        self.now, self.started, self.well = 100.0, 0.0, True
        self.restarts: list[float] = []
        self.told: list[tuple[float, str, str]] = []
        self.remediator = Remediator(
            lambda: self.well,
            lambda: self.started,
            self._restart,
            self._tell,
            clock=lambda: self.now,
            care=CARE,
            defects=Defects(defects),
        )

    def _restart(self) -> None:
        self.restarts.append(self.now)
        self.started = self.now

    def _tell(self, told: Any) -> None:
        self.told.append((self.now, told["alerts"][0]["labels"]["alertname"], told["status"]))

    def looks(self, number: int) -> None:
        for _ in range(number):
            self.now += 1
            self.remediator.look()


def test_nothing_is_told_while_all_is_well_or_for_a_single_miss() -> None:
    watch = Watch()
    watch.looks(3)
    watch.well = False
    watch.looks(2)
    watch.well = True
    watch.looks(3)
    assert watch.told == watch.restarts == []


def test_a_gateway_that_hangs_is_told_of_restarted_and_announced() -> None:
    watch = Watch()
    watch.well = False
    watch.looks(3)
    assert watch.told == [(103.0, DOWN, "firing"), (103.0, STEP, "firing")]
    watch.well = True
    watch.looks(2)
    assert watch.restarts == [103.0]
    assert watch.told[2:] == [(104.0, DOWN, "resolved"), (104.0, STEP, "resolved")]


def test_one_that_is_just_starting_is_given_time() -> None:
    watch = Watch()
    watch.well, watch.started = False, 101.0
    watch.looks(4)
    assert [name for _, name, _ in watch.told] == [DOWN]
    assert watch.restarts == []
    watch.looks(1)
    assert watch.restarts == []
    watch.looks(1)
    assert watch.restarts == [106.0]


def test_after_two_restarts_a_person_is_called_once() -> None:
    watch = Watch()
    watch.well = False
    watch.looks(40)
    assert watch.restarts == [103.0, 108.0]
    assert [(at, name) for at, name, _ in watch.told] == [
        (103.0, DOWN),
        (103.0, STEP),
        (108.0, STEP),
        (113.0, CALLED),
    ]
    watch.well = True
    watch.looks(1)
    assert [name for _, name, status in watch.told if status == "resolved"] == [DOWN, STEP, STEP, CALLED]


def test_defects_break_one_thing_each() -> None:
    silent, late, endless, idle = (
        Watch(name) for name in ("never-alerts", "alerts-late", "never-escalates", "remedy-without-effect")
    )
    for watch in (silent, late, endless, idle):
        watch.well = False
        watch.looks(70)
    assert DOWN not in {name for _, name, _ in silent.told}
    assert next(at for at, name, _ in late.told if name == DOWN) == 163.0
    assert len(endless.restarts) > 10
    assert CALLED not in {name for _, name, _ in endless.told}
    assert idle.restarts == []
    assert [name for _, name, _ in idle.told] == [DOWN, STEP, STEP, CALLED]


def test_a_message_is_alertmanagers() -> None:
    told = message("firing", {"alertname": DOWN, "severity": "warning"}, "no answer")
    assert told["version"] == "4"
    assert told["alerts"] == [
        {
            "status": "firing",
            "labels": {"alertname": DOWN, "severity": "warning"},
            "annotations": {"summary": "no answer"},
        }
    ]
