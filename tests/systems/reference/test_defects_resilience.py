"""Each defect for heavy weather shows its own symptom there and no other; the healthy gateway shows none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import pytest

from seatrial.systems.reference.defects_resilience import RESILIENCE
from tests.systems.reference.asgi import Reply
from tests.systems.reference.virtual import run
from tests.systems.reference.weather import (
    NAMES,
    OTHER_KEY,
    Attempt,
    Choose,
    Seen,
    Ship,
    fault,
    first,
)

SLOW = 1.8
"""Seconds to the first chunk: within the time-out, and too slow."""


@dataclass
class Weather:
    """What one gateway was seen to do in all weathers."""

    outage: Seen
    after_outage: Seen
    errors: Seen
    hang: Seen
    slow: Seen
    hiccups: Seen
    limited: Seen
    limited_by_date: Seen
    refused: Seen
    cut: Seen
    accepted: Seen
    malformed: Seen
    loss: Seen
    after_loss: Seen
    other_model: Seen
    other_tenant: Seen


def every(number: int, kind: str, **options: object) -> Choose:
    """Every n-th request of the first upstream is hit."""
    return lambda name, _model, count: (kind, options) if name == "primary" and count % number == 0 else None


async def look(*defects: str) -> Weather:
    """All weathers, each with a gateway of its own."""
    errors = fault("status", status=503)
    limited, by_date = (fault("status", status=429, seconds=2, date=date) for date in (False, True))
    lee, loss = Ship(*defects), Ship(*defects)
    return Weather(
        outage=await lee.storm(fault("down"), 6.0),
        after_outage=await lee.calm(5.0),
        errors=await Ship(*defects).storm(errors, 5.0, callers=8, pause=0.3),
        hang=await Ship(*defects).storm(fault("hang"), 12.0),
        slow=await Ship(*defects).storm(fault("slow", seconds=SLOW), 12.0),
        hiccups=await hiccups(Ship(*defects)),
        limited=await Ship(*defects).storm(limited, 4.0),
        limited_by_date=await Ship(*defects).storm(by_date, 4.0),
        refused=await Ship(*defects).storm(fault("status", status=400), 2.0),
        cut=await Ship(*defects).storm(every(3, "cut", cut=2), 3.0),
        accepted=await Ship(*defects).storm(every(2, "cut", cut=0), 3.0),
        malformed=await Ship(*defects).storm(fault("malformed"), 2.0),
        loss=await loss.storm(fault("down", *NAMES), 6.0, patience=60.0),
        after_loss=await loss.calm(4.0),
        other_model=await neighbour(Ship(*defects)),
        other_tenant=await neighbour(Ship(*defects), key=OTHER_KEY),
    )


async def hiccups(ship: Ship) -> Seen:
    """Two failures in a row, ten times."""
    whole = Seen()
    for _ in range(10):
        seen = await ship.storm(first(2, "status", status=503), 0.1, callers=1)
        whole.begun += seen.begun
        whole.world.attempts += seen.world.attempts
    return whole


async def neighbour(ship: Ship, **background: object) -> Seen:
    """Another model hangs everywhere, and many ask for it."""

    def hangs(_name: str, model: str, _number: int) -> tuple[str, dict[str, object]] | None:
        return ("hang", {}) if model == "large" else None

    noise = asyncio.create_task(ship.storm(hangs, 12.0, callers=20, pause=2.5, model="large", **background))
    await asyncio.sleep(4.0)
    seen = await ship.sail(6.0, patience=5.0)
    await noise
    return seen


def gaps(calls: list[list[Attempt]], number: int = 0) -> list[float]:
    """Seconds between two attempts of each call."""
    found = [[later.at - earlier.at for earlier, later in pairwise(call)] for call in calls]
    return [waits[number] for waits in found if len(waits) > number]


def most_attempts(seen: Seen) -> int:
    return max(len(call) for call in seen.calls("primary"))


def asked_late(seen: Seen) -> float:
    """The share of the later calls that still ask the first upstream."""
    asked = sum(began > seen.middle for began in seen.begun)
    return len(seen.calls("primary", late=True)) / asked


def burst(attempts: list[Attempt]) -> int:
    """The most attempts within 0.2 s."""
    return max((sum(one.at <= other.at < one.at + 0.2 for other in attempts) for one in attempts), default=0)


def late(seen: Seen) -> list[Attempt]:
    return [attempt for call in seen.calls("primary", late=True) for attempt in call]


def typed(reply: Reply) -> bool:
    try:
        return bool(json.loads(reply.body)["error"]["message"])
    except ValueError:
        return False


def starved(seen: Seen) -> bool:
    return sum(reply.status != 200 for reply in seen.replies) > len(seen.replies) / 2


def flaps(ready: list[Reply]) -> int:
    return sum(one.status != other.status for one, other in pairwise(ready))


def model_of(reply: Reply) -> str:
    return str(reply.chunks[0]["model"])


SYMPTOMS: dict[str, Callable[[Weather], bool]] = {
    "no-timeout": lambda saw: max(saw.hang.waited) >= 25,
    "timeout-too-long": lambda saw: 15 < max(saw.hang.waited) < 25,
    "retry-storm": lambda saw: most_attempts(saw.errors) > 3,
    "no-backoff": lambda saw: max(gaps(saw.hiccups.calls("primary"))) < 0.01,
    "no-jitter": lambda saw: (
        len({round(gap, 3) for gap in gaps(saw.hiccups.calls("primary"))}) == 1
        and 0.05 < gaps(saw.hiccups.calls("primary"))[0] < 1
    ),
    "unbounded-backoff": lambda saw: max(gaps(saw.hiccups.calls("primary"), 1)) > 2,
    "ignores-retry-after": lambda saw: most_attempts(saw.limited) > 1,
    "ignores-retry-after-date": lambda saw: (
        most_attempts(saw.limited_by_date) > 1 and most_attempts(saw.limited) == 1
    ),
    "retries-400": lambda saw: most_attempts(saw.refused) > 1,
    "breaker-never-opens": lambda saw: (
        asked_late(saw.errors) > 0.9 and len(saw.errors.begun) > 50 and most_attempts(saw.errors) <= 3
    ),
    "breaker-never-closes": lambda saw: not saw.after_outage.calls("primary", late=True),
    "breaker-blind-to-hangs": lambda saw: (
        min(asked_late(saw.hang), asked_late(saw.slow)) > 0.9
        and max(saw.hang.waited) < 5
        and asked_late(saw.errors) < 0.2
    ),
    "breaker-half-open-floods": lambda saw: burst(late(saw.errors)) > 3 and asked_late(saw.errors) < 0.9,
    "fallback-missing": lambda saw: not saw.outage.good and not saw.outage.calls("secondary"),
    "fallback-skips-secondary": lambda saw: len(saw.outage.by("local")) > 5,
    "fallback-to-wrong-model": lambda saw: any(model_of(reply) != "small" for reply in saw.outage.good),
    "double-billing": lambda saw: most_attempts(saw.accepted) > 1,
    "crashes-on-malformed": lambda saw: any(reply.status == 500 for reply in saw.malformed.replies),
    "passes-cut-stream-as-complete": lambda saw: any(
        b'"stop"' in reply.body and reply.body.count(b"word") < 4
        for reply in saw.cut.replies
        if reply.headers["x-provider"] == "primary"
    ),
    "untyped-errors": lambda saw: (
        not all(typed(reply) for reply in saw.refused.replies if reply.status != 200)
    ),
    "degraded-not-marked": lambda saw: any(
        "x-degraded" not in reply.headers for reply in saw.loss.by("local")
    ),
    "readiness-lies": lambda saw: saw.loss.ready[-1].status == 200 and saw.loss.replies[-1].status != 200,
    "health-flaps": lambda saw: saw.loss.replies[-1].status == 200 and flaps(saw.loss.ready) > 2,
    "thundering-herd": lambda saw: burst(saw.after_loss.world.attempts) > 10,
    "shared-pool-starves-tenants": lambda saw: starved(saw.other_tenant),
    "model-pool-shared": lambda saw: starved(saw.other_model) and not starved(saw.other_tenant),
}


def symptoms(*defects: str) -> set[str]:
    """The names of the defects that can be seen."""
    saw = run(look(*defects))
    return {name for name, shows in SYMPTOMS.items() if shows(saw)}


def test_every_defect_has_a_symptom() -> None:
    assert SYMPTOMS.keys() == {defect.name for defect in RESILIENCE}
    assert len(SYMPTOMS) >= 20


def test_the_healthy_gateway_shows_nothing_in_any_weather() -> None:
    assert symptoms() == set()


@pytest.mark.parametrize("name", SYMPTOMS)
def test_a_defect_does_what_it_says_and_nothing_else(name: str) -> None:
    assert symptoms(name) == {name}
