"""Probes that ask the fault proxy: how often a fault acted, and what its flight recorder saw.

`fault_hits` and `attempts_per_request` give a number, `cuts_told` a verdict, as the probes of `probes` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial.chaos.toolkit import connection
from seatrial.chaos.toolkit.session import session
from seatrial.core.errors import HarnessError

if TYPE_CHECKING:
    from seatrial.faults.client import ControlClient

__all__ = ["attempts_per_request", "cuts_told", "fault_hits"]


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
