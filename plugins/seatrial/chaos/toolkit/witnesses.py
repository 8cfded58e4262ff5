"""Probes that ask the fault proxy: how often a fault acted, and what its flight recorder saw.

`fault_hits` and `attempts_per_request` give a number, `client_behaviour` and `cuts_told` a verdict, as the
probes of `probes` do.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from seatrial.chaos.toolkit import connection
from seatrial.chaos.toolkit.session import session
from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.outcome import aggregate
from seatrial.core.units import parse_duration

if TYPE_CHECKING:
    from seatrial.chaos.behaviour.calls import Recording
    from seatrial.faults.client import ControlClient
    from seatrial.targets.config import TargetConfig

__all__ = ["attempts_per_request", "client_behaviour", "cuts_told", "fault_hits"]


def fault_hits(proxy: str, name: str, configuration: dict[str, Any] | None = None) -> int:
    """How often a fault has acted up to now: its witness.

    Args:
        proxy: the proxy's name.
        name: the fault's name.

    Raises:
        HarnessError: the proxy does not count.
    """
    found = _ours(configuration).witness(proxy).get(name)
    return int(found["hits"]) if found else 0


def attempts_per_request(proxy: str, configuration: dict[str, Any] | None = None) -> float:
    """How many attempts reached a dependency for each request of ours since the last fault on it:
    amplification.

    Args:
        proxy: the proxy's name.

    Raises:
        HarnessError: the proxy records no requests.
        ValueError: no fault of ours is on it, or no request was sent since: there is nothing to tell.
    """
    now = session()
    faults = [fault for fault in now.faults if fault.on == proxy]
    sent = now.requests - faults[-1].requests_before if faults else 0
    if not sent:
        raise ValueError(f"no request was sent since a fault on {proxy} began")
    return len(_ours(configuration).attempts(proxy, faults[-1].attempts_before)) / sent


def _ours(configuration: connection.Settings) -> ControlClient:
    client = connection.control(configuration)
    if not client.ours:
        raise HarnessError(
            f"the fault proxy at {client.url} is not seatrial's: it counts and records nothing"
        )
    return client


def client_behaviour(
    proxy: str,
    aspects: list[Any],
    requests: int = 40,
    concurrency: int = 4,
    stream: bool = True,
    timeout: str = "10s",
    linger: str = "0s",
    configuration: dict[str, Any] | None = None,
    secrets: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """How the target behaves towards a dependency that is under a fault of this experiment.

    To be asked as soon as the fault is in force: a circuit breaker that has opened leaves nothing to see.

    Args:
        proxy: the proxy's name. aspects: as client_behaviour in a policy: retry-after-honoured,
        {amplification: {at_most: 2}}, ... requests, concurrency, stream, timeout: of the requests that are
        sent, each with a text of its own. linger: how long to go on looking after the last answer; a target
        that was asked to wait may come later.

    Returns:
        a verdict; it has passed where all aspects have.

    Raises:
        UsageError: no such aspect.
        HarnessError: the proxy keeps no record, or no fault of this experiment is on it.
    """
    from pydantic import TypeAdapter, ValidationError

    from seatrial.chaos.behaviour import JUDGES
    from seatrial.policy.aspects import Behaviour

    try:
        asked = TypeAdapter(list[Behaviour]).validate_python(aspects)
    except ValidationError as error:
        raise UsageError(f"aspects: {error.errors()[0]['msg']}") from error
    config = connection.target(configuration, secrets, timeout)
    load = requests, concurrency, stream, parse_duration(linger)
    recording = _recorded(proxy, load, config, configuration)
    findings = {aspect.aspect: JUDGES[aspect.aspect](recording, aspect) for aspect in asked}
    return {
        "outcome": aggregate(finding.outcome for finding in findings.values()).value,
        "objective": "client behaviour",
        "n": requests,
        "reason": "; ".join(f"{name}: {finding.reason}" for name, finding in findings.items()),
        "aspects": {name: finding.to_dict() for name, finding in findings.items()},
    }


def _recorded(
    proxy: str,
    load: tuple[int, int, bool, float],
    config: TargetConfig,
    configuration: connection.Settings,
) -> Recording:
    """Send requests that can be told from each other, and take what all proxies have recorded of them."""
    from seatrial.chaos.behaviour.calls import Recording
    from seatrial.targets.target import Target
    from seatrial.targets.wire import Prompt

    requests, concurrency, stream, linger = load
    client, now = _ours(configuration), session()
    faults = [fault for fault in now.faults if now.in_force(proxy, fault.name) is fault]
    if not faults:
        raise HarnessError(f"no fault of this experiment is on {proxy}")
    marks = {name: _seen(client, name) for name in client.proxies()}
    began = time.monotonic()
    texts = [
        Prompt.of(f"Say hello to caller {began:.6f}-{number}.", max_tokens=16) for number in range(requests)
    ]
    with Target(config, connections=concurrency) as target:
        answers = target.send_many(texts, concurrency=concurrency, stream=stream, keep_raw=False)
    now.requests += requests
    time.sleep(linger)
    ended = time.monotonic()
    attempts = {name: client.attempts(name, number) for name, number in marks.items()}
    others = [each for name, all_ in attempts.items() if name != proxy for each in all_]
    return Recording(
        hit=attempts[proxy],
        others=sorted(others, key=lambda each: each.started),
        sent=[began] * requests,
        answered=[answer.ok for answer in answers],
        injected=faults[0].began,
        reverted=ended,
        ended=ended,
        faults={fault.name: fault.attributes for fault in faults},
        order=list(marks),
    )


def cuts_told(
    proxy: str,
    requests: int = 40,
    timeout: str = "10s",
    prompt: str = "Count from one to twenty.",
    configuration: dict[str, Any] | None = None,
    secrets: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Whether callers are told of streams that a fault has cut: what ends well must have been whole.

    The flight recorders of all proxies tell which requests got a whole answer from any dependency. Asked one
    after the other; nobody else must use the target meanwhile.

    Args:
        proxy: the proxy on which streams are cut.
        requests: how many to send.
        timeout: when to give up on one.
        prompt: what to ask; its answer must be longer than where it is cut.

    Returns:
        a verdict: n streams that were cut and that nobody else answered, bad ones of them told as whole.

    Raises:
        HarnessError: the proxies record no requests.
    """
    from seatrial.targets.target import Target

    client = _ours(configuration)
    cut = bad = 0
    with Target(connection.target(configuration, secrets, timeout), connections=1) as target:
        for _ in range(requests):
            seen = {name: _seen(client, name) for name in client.proxies()}
            exchange = target.send(prompt, stream=True, keep_raw=False)
            attempts = {name: client.attempts(name, number) for name, number in seen.items()}
            whole = any(each.status == 200 and not each.faults for all_ in attempts.values() for each in all_)
            hit = any(each.faults for each in attempts[proxy])
            cut += hit and not whole
            bad += hit and not whole and exchange.ok
    session().requests += requests
    outcome = "FAILED" if bad else "PASSED" if cut else "INCONCLUSIVE"
    told = f"{bad} of {cut} cut streams were passed on as whole answers"
    none = f"of {requests} requests none was left with a cut stream"
    return {
        "outcome": outcome,
        "objective": "cuts told",
        "n": cut,
        "bad": bad,
        "reason": told if cut else none,
    }


def _seen(client: ControlClient, proxy: str) -> int:
    """The number of the last request that passed a proxy."""
    attempts = client.attempts(proxy)
    return attempts[-1].number if attempts else 0
