"""Journals of load that never was: a search for capacity, arrivals that do not wait, audits, a soak."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from seatrial.core.journal import Journal
from seatrial.reporting.build import build_report
from seatrial.reporting.model import Report

Event = dict[str, Any]
HEADER = {
    "event": "journal",
    "schema": "seatrial.journal/1",
    "t": 0,
    "run": "20261120-140233-7f3a",
    "created": "2026-11-20T14:02:33Z",
    "seatrial": "0.1.0",
}
OBJECTIVE = {
    "name": "latency-p95",
    "traffic": "open",
    "indicator": "operation.duration",
    "op": "lte",
    "value": 1.0,
    "target": 0.95,
}
BOUND = "the generator fell behind its schedule: by 80 ms at the 99th percentile"
MONTHS = [f"{2026 + (10 + n) // 12}-{(10 + n) % 12 + 1:02}" for n in range(25)]


def level(rate: float, finding: str, *, most: float = 62.0) -> Event:
    """One level of a queue that serves *most* a second: M/M/1 in shape."""
    load = min(rate / most, 0.97)
    mean = 0.12 / (1 - load)
    outcomes = {"holds": "PASSED", "breaks": "FAILED"}
    return {
        "event": "level",
        "t": rate,
        "search": "open",
        "number": 0,
        "rate": rate,
        "finding": finding,
        "outcome": outcomes.get(finding, "INCONCLUSIVE"),
        "reason": BOUND if finding.startswith("bound") else f"latency-p95: {finding} after 400 requests",
        "n": 400,
        "offered": rate,
        "served": min(rate, most),
        "in_flight": min(rate, most) * mean,
        "latency": {"p50": mean * 0.7, "p95": mean * 3.0, "p99": mean * 4.6, "mean": mean},
        "ttfc": {"p50": mean * 0.3, "p95": mean},
        "errors": 0.0,
        "broke": "latency-p95" if finding == "breaks" else None,
    }


def demand(scenario: str, growth: float, outcome: str, runs_out: str | None, lasts: int | None) -> Event:
    reason = f"the capacity runs out in {runs_out}" if runs_out else "the capacity suffices up to 2028-11"
    return {
        "scenario": scenario,
        "months": MONTHS,
        "rates": [24.0 * growth**number for number in range(25)],
        "runs_out": runs_out,
        "breaks": runs_out,
        "tokens": None,
        "lasts": lasts,
        "outcome": outcome,
        "reason": reason,
    }


def capacity(lower: float | None, upper: float | None, outcome: str, reason: str, **more: Any) -> Event:
    return {
        "event": "capacity",
        "t": 90.0,
        "traffic": "open",
        "lower": lower,
        "upper": upper,
        "at_least": 40.0,
        "outcome": outcome,
        "reason": reason,
        "knee": 32.0,
        "usl": None,
        "demand": [],
        "levels": [],
        **more,
    }


USL = {"gamma": 8.0, "sigma": 0.09, "kappa": 0.0004, "residuals": [0.01], "warning": "", "most": 66.0}
HELD = [level(rate, "holds") for rate in (4.0, 8.0, 16.0, 32.0, 48.0)]


def healthy() -> list[Event]:
    """A search that ended: 48/s holds, 52/s breaks, one level stayed open; demand in four scenarios."""
    scenarios = [
        demand("base", 1.04, "PASSED", "2028-05", 12),
        demand("optimistic", 1.01, "NOT_APPLICABLE", None, None),
        demand("pessimistic", 1.09, "FAILED", "2027-07", 12),
        demand("stress", 1.12, "INCONCLUSIVE", "2027-05", 12),
    ]
    found = capacity(48.0, 52.0, "PASSED", "48/s holds, 52/s breaks", usl=USL, demand=scenarios)
    return search([*HELD, level(50.0, "not decided"), level(52.0, "breaks"), level(64.0, "breaks"), found])


def not_proven() -> list[Event]:
    levels = [level(4.0, "holds"), level(8.0, "not decided"), level(16.0, "not decided")]
    return search([*levels, capacity(4.0, None, "INCONCLUSIVE", "4/s holds; not decided", knee=None)])


def bound() -> list[Event]:
    levels = [*HELD[:3], level(32.0, "bound by the generator")]
    told = f"16/s holds; the generator was the limit at 32/s ({BOUND})"
    return search([*levels, capacity(16.0, None, "INCONCLUSIVE", told)])


def search(found: list[Event]) -> list[Event]:
    """The journal of ``seatrial capacity``."""
    ended = [event for event in found if event["event"] == "capacity"]
    outcome = ended[0]["outcome"] if ended else "INCONCLUSIVE"
    reason = ended[0]["reason"] if ended else ""
    item = {"id": "capacity", "suite": "load", "title": "The highest rate", "objective": None}
    traffics = [
        part
        for each in found
        if each["event"] == "level"
        for part in arrivals(f"open@{each['rate']:g}/s", 40)
    ]
    done = {"event": "item", "t": 91.0, **item, "outcome": outcome, "reason": reason, "exchanges": 400}
    return [HEADER, run(), {"event": "collected", "t": 0.1, "items": [item]}, *traffics, *found, done]


def run(command: str = "seatrial capacity") -> Event:
    spec = {"risk": {"confidence": 0.95, "power": 0.9}, "objectives": [OBJECTIVE]}
    policy = {"name": "bot", "file": "policy.yaml", "effective": {"spec": spec}, "checklists": []}
    return {"event": "run", "t": 0.05, "policy": policy, "seed": 7, "command": command}


def arrivals(
    name: str = "open", n: int = 3000, *, p99: float = 0.0002, stall: bool = False, errors: float = 0.0
) -> list[Event]:
    """Traffic that waits for no answer; with a *stall* nothing is answered for three seconds."""
    random = np.random.default_rng(20261120)
    due = np.cumsum(random.exponential(30.0 / n, n))
    took = random.lognormal(-1.4, 0.5, n)
    if stall:
        took += np.where((due > 10) & (due < 13), 13 - due, 0.0)
    wrong = random.random(n) < errors
    told = {"event": "traffic", "t": 1.0, "name": name, "target": "bot", "stream": True}
    told["arrivals"] = {"kind": "poisson", "rate": f"{n / 30:g}/s"}
    batch = {
        "event": "exchanges",
        "t": 31.0,
        "traffic": name,
        "first": 0,
        "segment": 0,
        "intended": due.round(6).tolist(),
        "duration": took.round(6).tolist(),
        "ttfc": (took * 0.3).round(6).tolist(),
        "status": np.where(wrong, 503, 200).tolist(),
        "error": ["http-status" if bad else None for bad in wrong],
        "lag": [p99 / 4] * n,
    }
    lag = {"event": "generator", "t": 31.0, "traffic": name, "p50": p99 / 4, "p99": p99, "loop_p99": 0.0}
    return [told, batch, lag | {"lost": ""}]


def audit(name: str, outcome: str, reason: str, **numbers: Any) -> Event:
    item = f"suites/load/test_audits.py::test_{name.replace('-', '_')}"
    return {
        "event": "audit",
        "t": 50.0,
        "name": name,
        "target": "bot",
        "item": item,
        "outcome": outcome,
        "reason": reason,
        "n": 64,
        "bad": None,
        "numbers": numbers,
    }


SOAK: Event = {
    "event": "soak",
    "t": 80.0,
    "traffic": "open",
    "trends": [
        {
            "name": "memory",
            "slope": 41.5,
            "lower": 38.0,
            "upper": 45.0,
            "limit": 10.0,
            "unit": "%",
            "horizon": 28800.0,
            "growth": [3.32, 3.04, 3.6],
            "outcome": "FAILED",
            "reason": "memory grows by more than 10 %",
        },
        {"name": "latency", "slope": 0.0, "lower": -0.01, "upper": 0.01, "unit": "s", "outcome": "PASSED"},
    ],
}
SCALING: Event = {
    "event": "scaling",
    "t": 70.0,
    "traffic": "open",
    "rate": 20.0,
    "peak": 60.0,
    "outcome": "PASSED",
    "reason": "every objective held again within 10 s",
    "back": {"outcome": "FAILED", "reason": "still 4 replicas at the end"},
}


def loaded(**changes: Any) -> list[Event]:
    """A run of the suite load: open traffic, audits, a soak and a step."""
    audits = [
        audit(
            "cached-answers",
            "PASSED",
            "a repeat takes as long as the first",
            ratio=1.02,
            lower=0.9,
            upper=1.1,
        ),
        audit("lengths", "FAILED", "answers are 31 % shorter under load", shorter=[0.27, 0.35]),
    ]
    soak = {"event": "traffic", "t": 60.0, "name": "soak: open", "arrivals": {"kind": "poisson", "rate": 2.0}}
    return [
        HEADER,
        run("seatrial certify"),
        *arrivals(**changes),
        *arrivals("audit: lengths", 64),
        *audits,
        SCALING,
        soak,
        SOAK,
    ]


def report(events: list[Event], *, finished: bool = True) -> Report:
    """The report of such a journal."""
    worst = next((e["outcome"] for e in reversed(events) if e["event"] == "capacity"), "INCONCLUSIVE")
    end = {"event": "finish", "t": 95.0, "outcome": worst, "exit_code": 0, "reasons": [], "counts": {}}
    whole = (*events, end | {"requests": 2800, "cost_usd": None, "seconds": 95.0}) if finished else (*events,)
    return build_report(Journal(Path("journal.ndjson"), whole, torn=False))
