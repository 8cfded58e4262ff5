"""Whether there is a target to certify at all: told in one line, before anything is made or judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.core.errors import UsageError
from seatrial.core.exchange import ErrorKind
from seatrial.targets.config import TargetConfig, Timeouts, Tls
from seatrial.targets.target import Target

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.target import TargetSpec

WAIT = 2.0  # seconds for an answer of any kind, once connected
ENOUGH = 65_536  # bytes of it
# Nothing of HTTP was seen yet: a wrong address, or nothing runs there. What answers is judged by the run.
_OUT_OF_REACH = (ErrorKind.DNS, ErrorKind.CONNECT, ErrorKind.TLS)


def require_targets(policy: LoadedPolicy) -> None:
    """Make sure that the policy names targets, and that each can be reached.

    Raises:
        UsageError: it names none, or one cannot be reached (name, port, TLS).
    """
    if not policy.spec.targets:
        raise UsageError(
            "the policy names no target, so there is nothing to certify",
            where=policy.source,
            hint="name it with --target URL, or under spec.targets",
        )
    for number, spec in enumerate(policy.spec.targets):
        _require(policy, spec, str(policy.origin("spec", "targets", number, "uri")))


def _require(policy: LoadedPolicy, spec: TargetSpec, where: str) -> None:
    ca = spec.tls.ca and str(policy.path.parent / spec.tls.ca)
    patience = Timeouts(connect=spec.timeouts.connect, first_byte=WAIT, idle=WAIT, total=2 * WAIT)
    config = TargetConfig(
        spec.name,
        spec.protocol,
        spec.uri,
        timeouts=patience,
        tls=Tls(spec.tls.verify, ca),
        max_body=ENOUGH,
    )
    with Target(config, connections=1) as target:
        answer = target.get("/")
    if answer.error in _OUT_OF_REACH:
        raise UsageError(
            f"the target {spec.name!r} cannot be reached: {answer.detail or answer.error}",
            where=where,
            hint="start it, or correct its address; --target URL tries another",
        )
