"""What a run has spent: a pure function of its events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seatrial.core.journal import Event


def spent(events: Sequence[Event]) -> dict[str, Any]:
    """Requests and dollars of this run; what an earlier run sent was spent then."""
    own = [event for event in events if not event.get("continued")]
    sent = sum(len(event["intended"]) for event in own if event["event"] in ("exchanges", "warmup"))
    probes = sum(event.get("probes", 0) for event in own if event["event"] == "item")
    costs = {event["traffic"]: event["cost_usd"] for event in own if event.get("cost_usd") is not None}
    return {"requests": sent + probes, "cost_usd": round(sum(costs.values()), 6) if costs else None}
