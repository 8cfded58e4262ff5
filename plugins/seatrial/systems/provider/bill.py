"""What a provider has generated and would charge for."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Any

from seatrial.systems.reference.providers.base import End

REMEMBERED = 100_000
"""Keys and bodies that are remembered."""


@dataclass(slots=True)
class Bill:
    """Counts generations.

    Attributes:
        generations: begun, and charged for.
        completed, abandoned: how they ended; the caller went away from the latter.
        repeats: asked for again under an Idempotency-Key that was charged for already: not charged again.
        duplicates: charged for although the same body had been charged for before.
    """

    generations: int = 0
    completed: int = 0
    abandoned: int = 0
    repeats: int = 0
    duplicates: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    models: Counter[str] = field(default_factory=Counter)
    tenants: Counter[str] = field(default_factory=Counter)
    _keys: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _bodies: OrderedDict[bytes, None] = field(default_factory=OrderedDict)

    def begin(self, body: bytes, *, model: str, tenant: str, key: str | None) -> bool:
        """A generation begins; whether it is charged for.

        Args:
            key: the request's Idempotency-Key.
        """
        if key and not _first(self._keys, key):
            self.repeats += 1
            return False
        if not _first(self._bodies, hashlib.sha256(body).digest()):
            self.duplicates += 1
        self.generations += 1
        self.models[model] += 1
        self.tenants[tenant] += 1
        return True

    def end(self, end: End | None, *, charged: bool) -> None:
        """It is over.

        Args:
            end: None where the caller went away.
        """
        if not charged:
            return
        if end is None:
            self.abandoned += 1
            return
        self.completed += 1
        self.prompt_tokens += end.prompt_tokens or 0
        self.completion_tokens += end.completion_tokens or 0

    def show(self) -> dict[str, Any]:
        """For /counters."""
        names = ("generations", "completed", "abandoned", "repeats", "duplicates")
        tokens = {"prompt": self.prompt_tokens, "completion": self.completion_tokens}
        counts = {name: getattr(self, name) for name in names}
        return {**counts, "tokens": tokens, "models": dict(self.models), "tenants": dict(self.tenants)}


def _first(seen: OrderedDict[Any, None], item: Any) -> bool:
    if item in seen:
        return False
    seen[item] = None
    if len(seen) > REMEMBERED:
        seen.popitem(last=False)
    return True
