"""Whether there is a target to try at all: told in one line, before anything is made or judged.

Only the way there is looked at. What the target answers is asked once, when the run takes its identity, and
judged there (`seatrial.pytest.preflight`).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from seatrial.core.errors import UsageError
from seatrial.load.configs import targets
from seatrial.targets.config import TargetConfig
from seatrial.targets.dial import DialError, reach
from seatrial.targets.target import new_event_loop

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy


def require_targets(policy: LoadedPolicy) -> None:
    """Make sure that the policy names targets, and that each can be reached. None is sent a request.

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
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(reach(config))
    except DialError as error:
        raise UsageError(
            f"the target {config.name!r} cannot be reached: {error.detail}",
            where=where,
            hint="start it, or correct its address; --target URL tries another",
        ) from error
