"""Whether there is a target to certify at all: told in one line, before anything is made or judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.core.errors import UsageError
from seatrial.core.exchange import ErrorKind
from seatrial.load.configs import targets
from seatrial.targets.config import TargetConfig, Timeouts
from seatrial.targets.target import Target

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy

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
    for number, config in enumerate(targets(policy).values()):
        _require(config, str(policy.origin("spec", "targets", number, "uri")))


def _require(config: TargetConfig, where: str) -> None:
    patience = Timeouts(connect=config.timeouts.connect, first_byte=WAIT, idle=WAIT, total=2 * WAIT)
    with Target(config.with_(timeouts=patience, max_body=ENOUGH), connections=1) as target:
        answer = target.get("/", api_key=None)
    if answer.error in _OUT_OF_REACH:
        raise UsageError(
            f"the target {config.name!r} cannot be reached: {answer.detail or answer.error}",
            where=where,
            hint="start it, or correct its address; --target URL tries another",
        )
