"""A gauge of the target's, read while load runs: how many replicas there are, as far as it tells."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from seatrial.policy.scaling import GaugeSpec
from seatrial.targets.client import clock

_SAMPLE = re.compile(r"(?P<name>[A-Za-z_:][\w:]*)(?:\{[^}]*\})?\s+(?P<value>\S+)(?:\s+-?\d+)?\s*", re.ASCII)


def read_gauge(page: str, metric: str) -> float | None:
    """The sum over all series of *metric* on a page in the text format of Prometheus; None without any."""
    values = [
        _number(found["value"])
        for line in page.splitlines()
        if (found := _SAMPLE.fullmatch(line)) and found["name"] == metric
    ]
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


class Watch:
    """Reads a gauge in a thread of its own, from the beginning of the context to its end.

    Args:
        spec: what to read.
        fetch: gives the page, None where it cannot be had.
    """

    def __init__(self, spec: GaugeSpec, fetch: Callable[[str], str | None]) -> None:
        self._spec = spec
        self._fetch = fetch
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="seatrial-gauge", daemon=True)
        self.seen: list[tuple[float, float]] = []
        """Clock time and value of every look that found one."""

    def _run(self) -> None:
        while True:
            page = self._fetch(self._spec.path)
            value = None if page is None else read_gauge(page, self._spec.metric)
            if value is not None:
                self.seen.append((clock(), value))
            if self._over.wait(self._spec.every):
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
