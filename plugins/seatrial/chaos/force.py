"""The faults of a scenario in force: injected, witnessed, taken back; each step is read back and told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from seatrial.chaos.record import FaultRecord, Record
from seatrial.chaos.stage import Stage
from seatrial.core.errors import HarnessError, SeatrialError


@contextmanager
def in_force(record: Record, stage: Stage, suffix: str = "") -> Iterator[None]:
    """All faults of the record's scenario, taken back whatever happens (Ctrl-C too).

    A second time the hits add up to those of the first.

    Args:
        suffix: added to the faults' names, so that each of several times can be told from the others.

    Raises:
        HarnessError: a fault did not take, or was not taken back; then the record is `broken`.
    """
    again = bool(record.faults)
    with ExitStack() as stack:
        for number, injection in enumerate(record.scenario.injections):
            fault = record.faults[number] if again else FaultRecord(injection)
            if not again:
                record.faults.append(fault)
            stack.enter_context(_one(record, stage, fault, suffix))
        yield


@contextmanager
def _one(record: Record, stage: Stage, fault: FaultRecord, suffix: str) -> Iterator[None]:
    injection = fault.injection
    try:
        manager = stage.inject(injection, f"{injection.name}{suffix}")
        acting = manager.__enter__()
    except SeatrialError as error:
        fault.error = str(error)
        _tell(record, stage, "failed", fault)
        raise
    earlier = fault.hits or 0
    fault.reverted = False
    _tell(record, stage, "injected", fault)
    try:
        yield
    finally:
        _take_back(record, stage, manager, acting, fault, earlier)


def _take_back(
    record: Record, stage: Stage, manager: Any, acting: Any, fault: FaultRecord, earlier: int
) -> None:
    try:
        _witness(acting, fault, earlier)
    finally:
        try:
            manager.__exit__(None, None, None)
        except HarnessError as error:
            fault.error = str(error)
            record.broken = True
            _tell(record, stage, "failed", fault)
            raise
    fault.reverted = True
    _tell(record, stage, "reverted", fault)


def _witness(acting: Any, fault: FaultRecord, earlier: int) -> None:
    witness = acting.witness
    fault.hits = earlier + int(witness.hits)
    if fault.first is None:
        fault.first = witness.first
    fault.last = witness.last


def _tell(record: Record, stage: Stage, phase: str, fault: FaultRecord) -> None:
    injection = fault.injection
    stage.record(
        "fault",
        phase=phase,
        scenario=record.scenario.name,
        name=injection.name,
        on=injection.on,
        type=injection.type,
        attributes=dict(injection.attributes),
        toxicity=injection.toxicity,
        hits=fault.hits,
        error=fault.error,
    )
