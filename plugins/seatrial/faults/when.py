"""Which requests a fault hits: the same for every AI fault, drawn from one seed.

A request must pass the filters (path, model, tenant, time window) to be a *candidate*. Of the candidates,
``first`` and ``every`` count; ``toxicity`` is then drawn for each, as a function of the seed, the proxy's and
the toxic's name and the request's number alone: the same seed hits the same requests, whatever came between.
"""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from seatrial.policy.fields import Duration

if TYPE_CHECKING:
    from seatrial.faults.message import Request


class When(BaseModel):
    """Base of every AI fault's attributes: which requests it hits. All conditions must hold."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, use_attribute_docstrings=True, allow_inf_nan=False
    )

    every: int = Field(default=1, ge=1)
    """Every n-th of the requests that match: 3 hits the 3rd, the 6th, …"""
    first: int | None = Field(default=None, ge=1)
    """Only the first n of the requests that match."""
    path: str | None = None
    """Only requests whose path matches this glob, such as ``/v1/chat/*``."""
    model: str | None = None
    """Only requests for a model whose name matches this glob."""
    tenant: str | None = None
    """Only requests of a tenant that matches this glob: a tenant header's value, or ``key:`` and the first 12
    hex digits of the SHA-256 of the caller's key."""
    from_: Duration | None = Field(default=None, alias="from")
    """Not before this long after the fault was added."""
    until: Duration | None = None
    """Not after this long after the fault was added."""

    def matches(self, request: Request, elapsed: float) -> bool:
        """Whether *request*, *elapsed* seconds after the fault was added, is a candidate."""
        if self.from_ is not None and elapsed < self.from_:
            return False
        if self.until is not None and elapsed >= self.until:
            return False
        return (
            (self.path is None or fnmatchcase(request.path, self.path))
            and (self.model is None or fnmatchcase(request.model or "", self.model))
            and (self.tenant is None or fnmatchcase(request.tenant or "", self.tenant))
        )


def chance(*key: str | int) -> float:
    """A number in [0, 1) that is a function of *key* alone."""
    digest = hashlib.blake2b("\x1f".join(map(str, key)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


class Chooser:
    """Decides for one toxic, request after request.

    Args:
        when: the conditions.
        toxicity: the share of the requests left by them that is hit, 0…1.
        key: seed, name of the proxy and name of the toxic.
    """

    def __init__(self, when: When, toxicity: float, key: tuple[str | int, ...]) -> None:
        self.when = when
        self.toxicity = toxicity
        self.key = key
        self.candidates = 0

    def hits(self, request: Request, elapsed: float) -> bool:
        """Whether this request is hit; to be asked once for each request, in their order."""
        if not self.when.matches(request, elapsed):
            return False
        return self.draw(request.number)

    def draw(self, number: int) -> bool:
        """Whether candidate *number* is hit; counts it."""
        self.candidates += 1
        when = self.when
        if when.first is not None and self.candidates > when.first:
            return False
        if self.candidates % when.every:
            return False
        return self.toxicity >= 1 or chance(*self.key, number) < self.toxicity
