"""The pieces of a synthetic run: its checks, its objectives, and verdicts that are realistic in shape."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Event = dict[str, Any]
DEFF = 9.0

CONTRACT = (
    "An answer has the documented shape",
    "A stream is valid server-sent events",
    "A stream ends with its marker",
    "Streamed and unstreamed answers agree",
    "The finish reason is one of the documented",
    "Token usage is present and adds up",
    "An unknown model is refused with 404",
    "A malformed body is refused with 400",
    "A wrong method is refused with 405",
    "An error body has the documented shape",
    "No answer holds a stack trace",
)


def item(node: str, suite: str, title: str, outcome: str = "PASSED") -> Event:
    return {
        "event": "item",
        "t": 18.0,
        "id": f"suites/{node}",
        "suite": suite,
        "title": title,
        "outcome": outcome,
        "reason": "",
        "seconds": 0.12,
        "exchanges": 3,
        "objective": None,
        "control": None,
    }


def objective(name: str, indicator: str, value: float | None, target: float, bad: str, line: int) -> Event:
    limit = round(1 - target, 6)
    return {
        "name": name,
        "traffic": "steady",
        "indicator": indicator,
        "op": "lte" if value else None,
        "value": value,
        "unit": "s" if value else "",
        "dimension": "duration" if value else "share",
        "target": target,
        "limit": limit,
        "statement": f"≤ {limit:.0%} {bad}".replace("%", " %") if value else f"≥ {target * 100:g} %",
        "bad": bad,
        "key_sli": True,
        "weight": 1.0,
        "where": f"policy.yaml:{line}",
    }


def judge(told: Event, bad: np.ndarray) -> Event:
    """A likelihood-ratio test against half and twice the limit: realistic in shape, no more."""
    limit, n = told["limit"], np.arange(1, len(bad) + 1)
    k = np.cumsum(bad)
    for_it = (k * math.log(0.5) + (n - k) * math.log((1 - limit / 2) / (1 - limit))) / DEFF
    against = (k * math.log(2) + (n - k) * math.log((1 - 2 * limit) / (1 - limit))) / DEFF
    proven, broken = np.flatnonzero(for_it >= math.log(20)), np.flatnonzero(against >= math.log(10))
    crossed = [
        (int(found[0]), name) for found, name in ((proven, "PASSED"), (broken, "FAILED")) if len(found)
    ]
    stop, outcome = min(crossed, default=(len(bad) - 1, "INCONCLUSIVE"))
    size, share = stop + 1, float(k[stop]) / (stop + 1)
    half = 2.2 * math.sqrt(max(share, limit / 4) * (1 - share) * DEFF / size)
    upper = min(share + half, limit) if outcome == "PASSED" else share + half
    lower = max(share - half, limit * 1.02) if outcome == "FAILED" else max(share - half, 0.0)
    chosen = np.unique(np.linspace(0, stop, 160).astype(int))
    first = np.flatnonzero(bad[:size])
    return {
        "objective": told["name"],
        "outcome": outcome,
        "limit": limit,
        "estimate": share,
        "lower": lower,
        "upper": min(upper, 1.0),
        "n": size,
        "bad": int(k[stop]),
        "method": "sequential mixture e-process, may be looked at after every request",
        "confidence": 0.95,
        "power": 0.9,
        "deff": DEFF,
        "dependence": "failures come in bursts of at most 5 requests (declared)",
        "reason": {
            "PASSED": f"proven after {size} requests",
            "FAILED": f"the limit is broken: shown after {size} requests",
        }.get(outcome, "the budget of 6,000 requests is spent; about 3,100 requests more are needed"),
        "needed": 3100 if outcome == "INCONCLUSIVE" else None,
        "first_bad": int(first[0]) if len(first) else None,
        "trail": [[int(n[i]), float(for_it[i]), float(against[i])] for i in chosen],
    }


def controls() -> Any:
    base = {
        "event": "control",
        "t": 19.2,
        "checklist": "production-readiness",
        "impact": 0.7,
        "waived": False,
    }
    yield base | {
        "id": "rdy-pre-01",
        "title": "Latency objectives are proven under expected load",
        "outcome": "PASSED",
        "reason": "proven by 2 items",
        "proven_by": ["suites/sla/test_objectives.py::test_objective[latency-p95]"],
        "evidence": [],
        "waiver": None,
        "item": None,
    }
    yield base | {
        "id": "rdy-pre-02",
        "title": "The rollback was rehearsed",
        "outcome": "PASSED",
        "reason": "attested",
        "proven_by": [],
        "evidence": [{"kind": "attestation", "by": "M. Silva", "on": "2026-11-02", "expires": "2027-02-01"}],
        "waiver": None,
        "item": None,
    }
    yield base | {
        "id": "rdy-pre-03",
        "title": "On-call staff is named",
        "outcome": "WARNED",
        "reason": "open, accepted as a risk",
        "proven_by": [],
        "evidence": [],
        "waiver": {
            "justification": "the team is being hired",
            "expiration_date": "2026-12-31",
            "approved_by": "CTO",
        },
        "waived": True,
        "item": None,
    }
