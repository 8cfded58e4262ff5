"""What the record of a scenario comes to: its fault, its criteria, its recovery, each aspect of behaviour."""

from __future__ import annotations

from dataclasses import replace

from seatrial.chaos import answers
from seatrial.chaos.behaviour import JUDGES
from seatrial.chaos.finding import Finding, beside, failed, passed, unproven
from seatrial.chaos.record import Record
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.units import format_duration
from seatrial.core.verdict import Verdict
from seatrial.policy.aspects import Aspect


def obstacle(record: Record) -> Finding | None:
    """Why a record can show nothing; None where it can.

    Raises:
        SeatrialError: our own machinery failed, or the policy asks for what cannot be done.
    """
    if record.trouble is not None:
        raise record.trouble
    if record.beside:
        return beside(record.beside)
    if record.unsteady:
        return unproven(f"steady state not met before: {record.unsteady}", len(record.before))
    return None


def unhit(record: Record) -> Finding | None:
    least = record.scenario.spec.witness.min_hits
    silent = [fault for fault in record.faults if (fault.hits or 0) < least]
    if not silent:
        return None
    fault = silent[0]
    hits = fault.hits or 0
    said = "the fault never hit" if hits == 0 else f"the fault hit only {hits} times, {least} are demanded"
    why = f"{said}: {fault.injection.type} on {fault.injection.on!r}, {len(record.under)} requests under it"
    return unproven(why, len(record.under), hits=hits)


def acted(record: Record) -> Finding:
    """The fault took, hit something, and was taken back.

    Raises:
        SeatrialError: as `obstacle`.
    """
    found = obstacle(record) or unhit(record)
    if found is not None:
        return found
    if record.aborted:
        return unproven(record.aborted, len(record.under))
    told = ", ".join(
        f"{each.injection.type} on {each.injection.on}: {each.hits:,} hits" for each in record.faults
    )
    numbers = {} if record.failover is None else {"failover_seconds": record.failover}
    return passed(f"{told}; taken back", record.hits, **numbers)


def during(record: Record, label: str) -> tuple[Objective, Verdict] | Finding:
    """The verdict of a criterion under the fault; a finding where there can be none.

    Raises:
        SeatrialError: as `obstacle`.
    """
    found = obstacle(record)
    if found is not None:
        return found
    if label not in record.verdicts:
        return unproven(record.aborted or "the scenario ended before it was judged")
    objective, verdict = record.verdicts[label]
    why = unhit(record)
    if why is not None:
        return objective, replace(verdict, outcome=Outcome.INCONCLUSIVE, reason=why.reason)
    if record.aborted and verdict.outcome is not Outcome.FAILED:
        return objective, replace(verdict, outcome=Outcome.INCONCLUSIVE, reason=record.aborted)
    return objective, verdict


def recovered(record: Record) -> Finding:
    """The target came back within its recovery time objective, each time it was tried.

    Raises:
        SeatrialError: as `obstacle`.
    """
    found = obstacle(record) or unhit(record)
    if found is not None:
        return found
    spec = record.scenario.spec.recovery
    if not record.recoveries:
        return unproven(record.aborted or "the scenario ended before the fault was taken back")
    limit = "" if spec.rto is None else f", {format_duration(spec.rto)} are allowed"
    since = "the fault" if record.scenario.for_good else "the end of the fault"
    lost = [each for each in record.recoveries if each.seconds is None]
    numbers = {
        "rto_seconds": max(
            (each.seconds for each in record.recoveries if each.seconds is not None), default=None
        ),
        "limit": spec.rto,
        "repeats": len(record.recoveries),
        "consecutive": spec.consecutive,
    }
    if lost:
        watched = format_duration(lost[0].watched)
        said = f"not {spec.consecutive} good answers in a row within {watched} from {since}"
        return failed(f"{said}{limit}", len(record.after), len(lost), **numbers)
    slowest = max(each.seconds or 0.0 for each in record.recoveries)
    times = f"{format_duration(slowest)} from {since}" + (
        f", the slowest of {len(record.recoveries)}" if len(record.recoveries) > 1 else ""
    )
    if spec.rto is not None and slowest > spec.rto:
        late = sum((each.seconds or 0.0) > spec.rto for each in record.recoveries)
        return failed(f"steady again {times}{limit}", len(record.after), late, **numbers)
    if record.aborted:
        return unproven(record.aborted, len(record.after), **numbers)
    return passed(f"steady again {times}{limit}", len(record.after), **numbers)


def behaviour(record: Record, aspect: Aspect) -> Finding:
    """How the target behaved towards what it depends on.

    Raises:
        SeatrialError: as `obstacle`.
    """
    found = obstacle(record) or unhit(record)
    if found is not None:
        return found
    if record.recording is None:
        return unproven(record.aborted or "nothing was recorded")
    return JUDGES[aspect.aspect](record.recording, aspect)


def told(record: Record, aspect: Aspect) -> Finding:
    """What the callers were told.

    Raises:
        SeatrialError: as `obstacle`.
    """
    found = obstacle(record) or unhit(record)
    if found is not None:
        return found
    return answers.JUDGES[aspect.aspect](record, aspect)
