"""Recordings made by hand: attempts of calls at a broken dependency, and whatever else a judge looks at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from seatrial.chaos.behaviour.calls import Recording
from seatrial.faults.recorder import Attempt
from seatrial.policy.aspects import Aspect

INJECTED, REVERTED, ENDED = 100.0, 110.0, 120.0
FAULT = "http-status"
NOTHING = Aspect(aspect="any")


def attempt(call: str, started: float, **more: Any) -> Attempt:
    """One attempt that the fault hit, answered with 503 after 2 ms."""
    given = {
        "proxy": "primary",
        "number": 1,
        "started": started,
        "duration": 0.002,
        "method": "POST",
        "path": "/v1/chat/completions",
        "model": "small",
        "tenant": None,
        "idempotency_key": None,
        "body_hash": call,
        "request_bytes": 100,
        "status": 503,
        "response_bytes": 50,
        "events": 0,
        "faults": (FAULT,),
        "outcome": "ok",
    }
    return Attempt(**{**given, **more})


def good(call: str, started: float, **more: Any) -> Attempt:
    """One attempt that no fault hit."""
    return attempt(call, started, **{"status": 200, "faults": (), **more})


def call(name: str, started: float, waits: Iterable[float] = (), **more: Any) -> list[Attempt]:
    """The attempts of one call, with so many seconds from the end of each to the next."""
    found = [attempt(name, started, **more)]
    for wait in waits:
        found.append(attempt(name, found[-1].started + (found[-1].duration or 0) + wait, **more))
    return found


def calls(waits: Sequence[Sequence[float]], **more: Any) -> list[Attempt]:
    """A call for each list of waits, one after the other from the fault on."""
    return [
        each
        for number, found in enumerate(waits)
        for each in call(f"call-{number}", INJECTED + 0.01 * number, found, **more)
    ]


def recording(
    hit: Iterable[Attempt] = (),
    others: Iterable[Attempt] = (),
    *,
    sent: int | Sequence[float] = 100,
    **more: Any,
) -> Recording:
    """A recording with *sent* calls, evenly spread under the fault, where no times are given."""
    times = [INJECTED + 10.0 * number / sent for number in range(sent)] if isinstance(sent, int) else sent
    given: dict[str, Any] = {
        "hit": sorted(hit, key=lambda each: each.started),
        "others": sorted(others, key=lambda each: each.started),
        "sent": times,
        "answered": [True] * len(times),
        "injected": INJECTED,
        "reverted": REVERTED,
        "ended": ENDED,
        "faults": {FAULT: {"status": 503}},
        "order": ("primary", "secondary", "tertiary"),
    }
    return Recording(**{**given, **more})
