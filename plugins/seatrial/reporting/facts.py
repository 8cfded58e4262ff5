"""The plain facts of a run out of its journal: who, what, where, when, and what had to be assumed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from seatrial.core.errors import SeatrialError
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.reporting import arriving, figures
from seatrial.reporting.model import ControlView, FingerprintView, ObjectiveView, RunView, Trouble
from seatrial.reporting.purpose import purpose_of
from seatrial.reporting.text import one_line

Event = dict[str, Any]
_OBJECTIVE = ("name", "indicator", "op", "value", "target", "traffic")


def run_view(events: Sequence[Event], batches: Sequence[Event]) -> RunView:
    """The run itself: header, ``run`` and ``finish`` events, and what can be counted without the last."""
    header, run, end = events[0], _last(events, "run"), _last(events, "finish")
    policy = run.get("policy") or {}
    environment = run.get("environment") or {}
    risk = ((policy.get("effective") or {}).get("spec") or {}).get("risk") or {}
    counted = sum(len(batch.get("intended") or ()) for batch in batches if batch["event"] == "exchanges")
    last = max((_number(event.get("t")) for event in (*events[-1:], *batches[-1:])), default=0.0)
    return RunView(
        id=one_line(str(header.get("run") or "?"), 60),
        created=one_line(str(header.get("created") or ""), 40),
        version=one_line(str(header.get("seatrial") or ""), 40),
        policy=one_line(str(policy.get("name") or ""), 80),
        policy_digest=one_line(str(policy.get("digest") or ""), 120),
        policy_file=one_line(str(policy.get("file") or ""), 200),
        checklists=tuple(one_line(str(name)) for name in policy.get("checklists") or ()),
        seed=str(run["seed"]) if run.get("seed") is not None else "",
        command=one_line(str(run.get("command") or ""), 500),
        purpose=one_line(purpose_of(run), 40),
        seconds=_number(end.get("seconds")) or last,
        requests=int(end.get("requests") or counted),
        # Scenarios send the policy's traffic again and again, each with a budget of its own.
        allowed=None if _last(events, "scenario") else _allowed(policy.get("effective") or {}),
        cost=end.get("cost_usd"),
        environment=tuple(_environment(environment)),
        packages=tuple(
            sorted((one_line(k), one_line(str(v))) for k, v in (environment.get("packages") or {}).items())
        ),
        confidence=float(risk.get("confidence") or _of_verdicts(events, "confidence", 0.95)),
        power=float(risk.get("power") or _of_verdicts(events, "power", 0.9)),
    )


def _allowed(effective: dict[str, Any]) -> int | None:
    """How many requests the policy's budgets allow, None where one of them counts no requests."""
    budgets = [traffic.get("budget") or {} for traffic in (effective.get("spec") or {}).get("traffic") or ()]
    counts = [budget["requests"] for budget in budgets if isinstance(budget.get("requests"), int)]
    return sum(counts) if counts and len(counts) == len(budgets) else None


def reasons(events: Sequence[Event]) -> tuple[str, ...]:
    """The reasons of the run's own decision."""
    return tuple(one_line(str(reason), 400) for reason in _last(events, "finish").get("reasons") or ())


def policy(events: Sequence[Event]) -> dict[str, Any]:
    """The effective policy, as it was fixed before the first request."""
    effective = (_last(events, "run").get("policy") or {}).get("effective")
    return effective if isinstance(effective, dict) else {}


def declared_objectives(events: Sequence[Event]) -> dict[str, Event]:
    """The objectives of the policy by name, whether or not they were ever exercised."""
    declared = (policy(events).get("spec") or {}).get("objectives") or ()
    return {
        str(item["name"]): _spelled(item) for item in declared if isinstance(item, dict) and "name" in item
    }


def _spelled(declared: Event) -> Event:
    """A declared objective with its limit in words; as it stands where this version cannot read it."""
    known = {key: declared[key] for key in _OBJECTIVE if declared.get(key) is not None}
    try:
        return Objective(**known).to_dict()
    except (SeatrialError, TypeError, ValueError):
        return declared


def controls(events: Iterable[Event]) -> tuple[ControlView, ...]:
    """The controls of every checklist, the last word on each."""
    last = {
        (event.get("checklist"), event.get("id")): event for event in events if event["event"] == "control"
    }
    return tuple(_control(event) for event in last.values())


def fingerprints(events: Iterable[Event]) -> tuple[FingerprintView, ...]:
    """What each target said it was, before and after."""
    seen: dict[str, dict[str, Event]] = {}
    for event in events:
        if event["event"] == "fingerprint":
            seen.setdefault(str(event.get("target") or "?"), {})[str(event.get("when"))] = event
    return tuple(_fingerprint(target, both) for target, both in seen.items())


def errors(events: Iterable[Event]) -> tuple[Trouble, ...]:
    """Harness trouble, in order."""
    return tuple(
        Trouble(*(one_line(str(event.get(key) or ""), 400) for key in ("kind", "where", "what", "hint")))
        for event in events
        if event["event"] == "error"
    )


def traffic_about(event: Event) -> str:
    """How the traffic was made, as one line."""
    budget = event.get("budget") or {}
    limits = [
        figures.plural(int(budget["requests"]), "request") if budget.get("requests") else "",
        figures.seconds(_number(budget.get("duration"))) if budget.get("duration") else "",
        figures.money(_number(budget.get("cost"))) if budget.get("cost") else "",
    ]
    said = [
        arriving.about(event),
        f"{figures.number(_number(event['rate']))} requests a second" if event.get("rate") else "",
        ("streamed" if event["stream"] else "not streamed") if "stream" in event else "",
        f"prompts {one_line(str(event['prompts']), 60)}" if event.get("prompts") else "",
        f"budget {' or '.join(filter(None, limits))}" if any(limits) else "",
        f"{figures.plural(int(event['warmup']), 'warm-up request')} kept apart"
        if event.get("warmup")
        else "",
    ]
    return ", ".join(filter(None, said))


def assumptions(objectives: Sequence[ObjectiveView], run: RunView) -> tuple[str, ...]:
    """What a reader has to accept to believe the verdicts."""
    # Only a verdict that was reached knows its method and its assumption.
    verdicts = [
        view.verdict
        for view in objectives
        if view.verdict is not None and view.verdict.n and view.verdict.method
    ]
    kinds: dict[tuple[str, float], list[str]] = {}
    for verdict in verdicts:
        kinds.setdefault((verdict.dependence, verdict.deff), []).append(verdict.objective)
    said = [
        f"Dependence: {one_line(dependence)}; {figures.number(deff)} requests count as one independent "
        f"request (deff {figures.number(deff)}) for {figures.listed(names, 6)}."
        if deff > 1
        else f"Dependence: {one_line(dependence)} (deff 1) for {figures.listed(names, 6)}."
        for (dependence, deff), names in kinds.items()
    ]
    passed, failed = figures.share(1 - run.confidence), figures.share(1 - run.power)
    said.append(
        f"A system that misses a limit is passed with a chance of at most {passed}, one that keeps it is "
        f"failed with at most {failed}, however often the data were looked at."
    )
    said.append("Latency counts from the intended send time, so a stalled target cannot hide its queue.")
    said.append("A black box shows chunks, not tokens: times are those of chunks as they arrived.")
    return tuple(said)


def _environment(told: Event) -> Iterable[tuple[str, str]]:
    for key, value in told.items():
        if key == "packages" or value is None:
            continue
        if key == "memory_bytes":
            yield "memory", figures.size(_number(value))
        elif not isinstance(value, (dict, list)):
            yield one_line(key.replace("_", " "), 40), one_line(str(value), 120)


def _control(event: Event) -> ControlView:
    return ControlView(
        checklist=one_line(str(event.get("checklist") or "")),
        id=one_line(str(event.get("id") or "")),
        title=one_line(str(event.get("title") or "")),
        outcome=Outcome(event.get("outcome") or "INCONCLUSIVE"),
        reason=one_line(str(event.get("reason") or ""), 500),
        impact=event.get("impact"),
        proven_by=tuple(one_line(str(node)) for node in event.get("proven_by") or ()),
        evidence=tuple(_proof(item) for item in event.get("evidence") or ()),
        waiver=_waiver(event.get("waiver")),
        waived=bool(event.get("waived")),
        item=event.get("item"),
    )


def _proof(item: Any) -> str:
    if not isinstance(item, dict):
        return one_line(str(item))
    kind = one_line(str(item.get("kind") or "evidence"), 40)
    rest = [
        f"{one_line(key, 40)} {one_line(_shown(value), 120)}"
        for key, value in item.items()
        if key != "kind" and value
    ]
    return f"{kind}: {', '.join(rest)}" if rest else kind


def _waiver(waiver: Any) -> str:
    if not isinstance(waiver, dict):
        return one_line(str(waiver)) if waiver else ""
    why = one_line(str(waiver.get("justification") or waiver.get("reason") or "no justification"), 300)
    until = waiver.get("expiration_date") or waiver.get("expires")
    by = waiver.get("approved_by") or waiver.get("owner") or waiver.get("by")
    return (
        why
        + (f" (until {one_line(str(until), 40)})" if until else "")
        + (f", by {one_line(str(by), 80)}" if by else "")
    )


def _fingerprint(target: str, both: dict[str, Event]) -> FingerprintView:
    before, after = both.get("before") or {}, both.get("after") or {}
    old, new = before.get("facts") or {}, after.get("facts") or {}
    names = list(dict.fromkeys([*old, *new]))
    rows = [_row(name, old, new, bool(before) and bool(after)) for name in names]
    told = before or after
    return FingerprintView(
        target=one_line(target, 80),
        uri=one_line(str(told.get("uri") or ""), 200),
        protocol=one_line(str(told.get("protocol") or ""), 40),
        before=before.get("digest"),
        after=after.get("digest"),
        rows=tuple(rows),
    )


def _row(name: str, old: Event, new: Event, both: bool) -> tuple[str, str, str, bool]:
    left, right = _shown(old.get(name)), _shown(new.get(name))
    return one_line(name, 60), one_line(left, 160), one_line(right, 160), both and left != right


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _last(events: Sequence[Event], name: str) -> Event:
    return next((event for event in reversed(events) if event["event"] == name), {})


def _of_verdicts(events: Sequence[Event], field: str, default: float) -> float:
    found = ((event.get("verdict") or {}).get(field) for event in events if event["event"] == "verdict")
    return next((float(value) for value in found if value), default)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
