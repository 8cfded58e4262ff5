"""Endpoints for health and readiness, looked at while a scenario runs: a 200 is a claim, not a fact."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from seatrial.chaos.record import HealthSample
from seatrial.targets.config import TargetConfig, Timeouts
from seatrial.targets.target import Target

PAGES = ("/ready", "/readyz", "/health/readiness", "/health", "/healthz")
"""Where readiness is usually told; the policy's own page comes first."""
EVERY = 0.25
"""Seconds between two looks."""


class HealthWatch:
    """Looks again and again at the pages that exist.

    Args:
        config: the target.

    Attributes:
        samples: what they said, in order.
    """

    def __init__(self, config: TargetConfig) -> None:
        self.samples: list[HealthSample] = []
        self._target = Target(config)
        self._pages = list(dict.fromkeys([*([config.health] if config.health else []), *PAGES]))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="seatrial-health", daemon=True)

    def __enter__(self) -> HealthWatch:
        self._pages = [page for page in self._pages if self._look(page).status == 200]
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._target.close()

    def _watch(self) -> None:
        while self._pages and not self._over.wait(EVERY):
            for page in self._pages:
                self.samples.append(self._look(page))

    def _look(self, page: str) -> HealthSample:
        limits = Timeouts(connect=1.0, first_byte=1.0, idle=1.0, total=2.0)
        at = time.monotonic()
        return HealthSample(page, at, self._target.get(page, timeouts=limits).status)
