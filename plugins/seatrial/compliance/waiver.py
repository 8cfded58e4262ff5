"""Waivers: a control that is knowingly not met for a while, with a reason, an end and a name.

A waiver never makes a control read as passed. While it holds, the run is warned instead of rejected; past
its date the control has failed. It excuses the control alone: an item that failed has failed all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from seatrial.core.control import Control
from seatrial.core.errors import UsageError
from seatrial.policy.governance import WaiverSpec
from seatrial.policy.problems import did_you_mean, listed


def active(waiver: WaiverSpec, now: datetime) -> bool:
    """Whether it still holds: its expiration date is its last day, in UTC."""
    return now.astimezone(UTC).date() <= waiver.expiration_date


def by_control(waivers: Iterable[WaiverSpec], controls: Iterable[Control]) -> dict[str, WaiverSpec]:
    """The waivers by the id of the control they are for.

    Args:
        waivers: those of the policy.
        controls: every control of every checklist that the policy names, demanded or not.

    Raises:
        UsageError: a waiver for a control that is not there, or two for one.
    """
    known = list(dict.fromkeys(control.id for control in controls))
    found: dict[str, WaiverSpec] = {}
    for waiver in waivers:
        name = waiver.control_id
        if name not in known:
            raise UsageError(
                f"a waiver is for the control {name!r}, which no checklist of this policy has"
                f"{did_you_mean(name, known)}",
                where="spec.waivers",
                hint=f"they have: {listed(known)}",
            )
        if name in found:
            raise UsageError(f"the control {name!r} is waived twice", where="spec.waivers")
        found[name] = waiver
    return found


def to_dict(waiver: WaiverSpec) -> dict[str, Any]:
    """As the journal and the certificate tell it."""
    return {
        "control_id": waiver.control_id,
        "justification": waiver.justification,
        "expiration_date": waiver.expiration_date.isoformat(),
        "approver": waiver.approver,
        "run": waiver.run,
    }
