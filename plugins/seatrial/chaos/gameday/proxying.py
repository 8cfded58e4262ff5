"""The fault proxy of a game day: one listener a dependency, opened when its upstream's address is known."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from seatrial.chaos.gameday.journey import Dependency
from seatrial.faults.dependency import Dependencies
from seatrial.policy.dependency import DependencySpec


class FaultProxy:
    """Opens proxies one by one (`seatrial.chaos.gameday.stage.Proxy`).

    Args:
        seed: every draw of a fault depends on it.
        toxiproxy: the URL of a real Toxiproxy server to use instead of our own.
    """

    def __init__(self, seed: int, toxiproxy: str | None = None) -> None:
        self._seed = seed
        self._toxiproxy = toxiproxy
        self._open = ExitStack()

    def add(self, spec: DependencySpec) -> Dependency:
        """Listen for one dependency.

        Raises:
            UsageError: it is described wrongly.
            HarnessError: its address is taken, or the foreign server does not answer.
        """
        described: dict[str, Any] = {
            "name": spec.name,
            "listen": spec.listen,
            "upstream": spec.upstream,
            "protocol": spec.protocol,
        }
        if spec.tls is not None:
            described["tls"] = spec.tls
        proxies = Dependencies([described], toxiproxy=self._toxiproxy, seed=self._seed)
        return self._open.enter_context(proxies)[spec.name]

    def close(self) -> None:
        """Listen no more."""
        self._open.close()
