"""Probes: what an experiment looks at, through seatrial's measuring client.

`availability` and `latency_share` give one number, for tolerances of chaostoolkit or of ours. `objective` and
`recovery` give a verdict: an object with an ``outcome`` and the numbers that carry it, for the tolerance
`seatrial.chaos.toolkit.tolerances.passed`. In a method, where chaostoolkit looks at no tolerance, seatrial's
judgement does.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.chaos.toolkit import connection
from seatrial.chaos.toolkit.session import session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seatrial.core.exchange import Exchange
    from seatrial.load.traffic import Traffic
    from seatrial.targets.config import TargetConfig
    from seatrial.targets.target import Target

__all__ = ["availability", "latency_share", "objective", "recovery"]

PROMPT = "Say hello."
ANSWER = 16  # tokens: enough to be an answer, and cheap


def availability(
    requests: int = 20,
    concurrency: int = 4,
    stream: bool = True,
    timeout: str = "10s",
    prompt: str = PROMPT,
    configuration: dict[str, Any] | None = None,
    secrets: dict[str, Any] | None = None,
) -> float:
    """The share of requests that were answered, completely and by the protocol, 0…1.

    Args:
        requests: how many to send.
        concurrency: how many at a time.
        stream: whether answers are asked for as streams.
        timeout: when to give up on one, with its unit.
        prompt: what to ask.

    Raises:
        ValueError: of no requests no share can be told.
    """
    answers = _asked(requests, concurrency, stream, timeout, prompt, configuration, secrets)
    return sum(exchange.ok for exchange in answers) / len(answers)


def latency_share(
    within: str,
    requests: int = 20,
    concurrency: int = 4,
    stream: bool = True,
    timeout: str = "10s",
    prompt: str = PROMPT,
    configuration: dict[str, Any] | None = None,
    secrets: dict[str, Any] | None = None,
) -> float:
    """The share of requests that were answered completely within a time, 0…1; one that failed was not.

    Args:
        within: the time, with its unit, such as 3s.
        requests, concurrency, stream, timeout, prompt: as for availability.

    Raises:
        ValueError: of no requests no share can be told.
        UsageError: no such time.
    """
    from seatrial.core.units import parse_duration

    limit = parse_duration(within)
    answers = _asked(requests, concurrency, stream, timeout, prompt, configuration, secrets)
    return sum(exchange.ok and exchange.duration <= limit for exchange in answers) / len(answers)


def _asked(
    requests: int,
    concurrency: int,
    stream: bool,
    timeout: str,
    prompt: str,
    configuration: connection.Settings,
    secrets: connection.Settings,
) -> list[Exchange]:
    from seatrial.targets.target import Target
    from seatrial.targets.wire import Prompt

    if requests < 1:
        raise ValueError(f"{requests} requests show nothing: send at least one")
    asked = [Prompt.of(prompt, max_tokens=ANSWER)] * requests
    with Target(connection.target(configuration, secrets, timeout), connections=concurrency) as target:
        answers = target.send_many(asked, concurrency=concurrency, stream=stream, keep_raw=False)
    session().requests += len(answers)
    return answers


def objective(
    indicator: str,
    target: str,
    op: str = "",
    value: str = "",
    name: str = "",
    requests: int = 500,
    duration: str = "60s",
    concurrency: int = 4,
    stream: bool = True,
    timeout: str = "10s",
    risk: dict[str, Any] | None = None,
    prompts: str = "bundled/chat-short",
    seed: int = 1,
    configuration: dict[str, Any] | None = None,
    secrets: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """An objective, judged on traffic that lasts until it is decided or its budget is spent.

    Args:
        indicator, op, value, target: as in a policy: operation.duration, lte, 3s, 95%.
        name: what to call it; its indicator by default.
        requests, duration: the budget.
        concurrency, stream, prompts: of the traffic.
        timeout: when to give up on one request.
        risk: confidence, power and bursts_up_to, as in a policy; 0.95, 0.9 and none.
        seed: of the prompts' order.

    Returns:
        the verdict; its outcome is PASSED only where the objective was shown to hold.

    Raises:
        UsageError: no such indicator, value or prompts.
    """
    from seatrial.core.objective import Objective

    wanted = Objective(
        indicator=indicator, target=target, op=op or None, value=value or None, name=name or indicator
    )
    budget = requests, duration, concurrency, stream, prompts
    traffic = _traffic(budget, risk or {}, seed, connection.target(configuration, secrets, timeout))
    try:
        verdict = wanted.judge(traffic)
    finally:
        session().requests += len(traffic.log)
        traffic.close()
    found = verdict.to_dict()
    found.pop("trail")
    return {**found, "statement": wanted.statement, "criterion": wanted.criterion}


def _traffic(
    load: tuple[int, str, int, bool, str], risk: dict[str, Any], seed: int, config: TargetConfig
) -> Traffic:
    from seatrial.bundled import bundled
    from seatrial.core.risk import Risk
    from seatrial.core.units import parse_duration
    from seatrial.load.budget import Budget
    from seatrial.load.closed_loop import ClosedLoop
    from seatrial.load.prompts import load_prompts
    from seatrial.load.sender import PromptSender
    from seatrial.load.traffic import Sender, Traffic
    from seatrial.targets.client import Client

    requests, duration, concurrency, stream, prompts = load
    inside = bundled("fixtures") / "prompts" / f"{prompts.removeprefix('bundled/')}.jsonl"
    path = inside if prompts.startswith("bundled/") else Path(prompts)
    asked = load_prompts(path, prompts).with_params(ANSWER, {})

    async def connect() -> Sender:
        return PromptSender(Client(config, connections=concurrency), asked, stream=stream)

    accepted = {"confidence": 0.95, "power": 0.9, "bursts_up_to": None, **risk}
    return Traffic(
        "experiment",
        connect,
        len(asked),
        arrivals=ClosedLoop(concurrency),
        budget=Budget(requests=requests, duration=parse_duration(duration)),
        risk=Risk(**accepted, min_duration=0.0, segments=1),
        seed=seed,
    )


def recovery(
    within: str = "30s",
    consecutive: int = 20,
    stream: bool = True,
    timeout: str = "5s",
    prompt: str = PROMPT,
    configuration: dict[str, Any] | None = None,
    secrets: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The recovery time objective: seconds from a fault to the first of some good answers in a row.

    It counts from the end of the last fault that was taken back; from its beginning where it is still in
    force, which then measures how fast the target gets around it; from now on where there was none.

    Args:
        within: the objective, with its unit.
        consecutive: good answers in a row that are a steady state.
        stream, timeout, prompt: of each request.

    Returns:
        a verdict: outcome, rto_seconds, limit, requests and bad ones among them.

    Raises:
        ValueError: not one answer would be a steady state.
        UsageError: no such time.
    """
    from seatrial.core.units import format_duration, parse_duration
    from seatrial.targets.target import Target

    if consecutive < 1:
        raise ValueError(f"{consecutive} good answers in a row are no steady state")
    limit = parse_duration(within)
    faults = session().faults
    since = (faults[-1].ended or faults[-1].began) if faults else time.monotonic()
    with Target(connection.target(configuration, secrets, timeout), connections=1) as target:
        answers = _one_by_one(target, prompt, stream)
        steady, sent, bad = _steady_since(answers, consecutive, since + limit)
    session().requests += sent
    rto = None if steady is None else round(max(steady - since, 0.0), 6)
    took = "not steady again" if rto is None else f"steady again after {format_duration(rto)}"
    return {
        "outcome": "PASSED" if rto is not None and rto <= limit else "FAILED",
        "objective": "recovery",
        "rto_seconds": rto,
        "limit": limit,
        "consecutive": consecutive,
        "n": sent,
        "bad": bad,
        "reason": f"{took}; {format_duration(limit)} are allowed",
    }


def _steady_since(
    answers: Iterator[tuple[float, bool]], consecutive: int, until: float
) -> tuple[float | None, int, int]:
    """When the first of enough good answers in a row came, None where that is too late; all sent, and the
    bad.
    """
    first, run, sent, bad = None, 0, 0, 0
    for done, ok in answers:
        sent += 1
        first, run = ((first or done), run + 1) if ok else (None, 0)
        bad += not ok
        if run >= consecutive:
            return first, sent, bad
        if (first or time.monotonic()) > until:
            break
    return None, sent, bad


def _one_by_one(target: Target, prompt: str, stream: bool) -> Iterator[tuple[float, bool]]:
    while True:
        exchange = target.send(prompt, stream=stream, max_tokens=ANSWER, keep_raw=False)
        yield time.monotonic(), exchange.ok
        if not exchange.ok:
            time.sleep(0.02)  # a refused connection is over at once: no storm of our own making
