"""Before the first check: can this target be tried at all, as it is configured?

What the target does badly is for the checks to find. Here only that is refused for which nobody can blame
it: nothing listens there, another protocol is spoken there, the key or the model is not known there.
"""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.errors import UsageError
from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.targets.config import TargetConfig

_UNREACHED = frozenset({ErrorKind.DNS, ErrorKind.CONNECT, ErrorKind.TLS})
_FOREIGN = frozenset({ErrorKind.MALFORMED, ErrorKind.PROTOCOL, ErrorKind.TRUNCATED})


def check(config: TargetConfig, probes: Sequence[Exchange], where: str) -> None:
    """Refuse a target that none of *probes* reached as configured.

    Args:
        config: the target.
        probes: the first requests that were sent to it.
        where: file and line of its address, for the message.

    Raises:
        UsageError: with what to correct.
    """
    if not probes or any(probe.ok for probe in probes):
        return
    first = probes[0]
    if all(probe.error in _UNREACHED for probe in probes):
        raise UsageError(
            f"target {config.name!r} at {config.uri} cannot be reached: {first.detail or first.error}",
            where=where,
            hint="start it, or correct its uri (--target URL tries another one)",
        )
    statuses = {probe.status for probe in probes}
    if statuses <= {401, 403}:
        raise UsageError(
            f"target {config.name!r} refuses the {'key' if config.api_key else 'request without a key'}"
            f" ({first.detail or f'status {first.status}'})",
            where=where,
            hint='name its key in the policy: apiKey: "${env:NAME}"',
        )
    if statuses <= {404, 405} or all(probe.error in _FOREIGN and not probe.streamed for probe in probes):
        raise UsageError(
            f"target {config.name!r} does not answer as {config.protocol} at {config.uri}:"
            f" {first.detail or f'status {first.status}'}",
            where=where,
            hint="correct uri (most end in /v1), model or protocol in the policy",
        )
