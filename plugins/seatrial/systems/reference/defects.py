"""The catalogue of defects: what may be broken in the reference system, and which check must notice.

Each defect is asked for at the one place where it matters: ``defects.on(name)`` where it is always there,
``defects.strikes(name)`` where it hits a share of the requests.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction

from seatrial.core.errors import UsageError
from seatrial.systems.reference.defect import Defect
from seatrial.systems.reference.defects_answers import ANSWERS
from seatrial.systems.reference.defects_cache import CACHE
from seatrial.systems.reference.defects_load import LOAD
from seatrial.systems.reference.defects_recovery import RECOVERY
from seatrial.systems.reference.defects_resilience import RESILIENCE

_CATALOGUE = (*ANSWERS, *RESILIENCE, *CACHE, *RECOVERY, *LOAD)

DEFECTS: dict[str, Defect] = {defect.name: defect for defect in _CATALOGUE}


@dataclass(slots=True)
class _Draw:
    """Which requests a defect hits: of every *block* requests exactly *hits*, at random places."""

    rng: random.Random
    hits: int
    block: int
    left: list[bool] = field(default_factory=list)

    def next(self) -> bool:
        if not self.left:
            self.left = [True] * self.hits + [False] * (self.block - self.hits)
            self.rng.shuffle(self.left)
        return self.left.pop()


class Defects:
    """The defects that are switched on.

    Args:
        names: names from `DEFECTS`.
        seed: decides which requests a defect with a share hits.

    Raises:
        UsageError: no such defect.
    """

    def __init__(self, names: Iterable[str] = (), *, seed: int = 0) -> None:
        self._draws: dict[str, _Draw] = {}
        for name in names:
            share = Fraction(known(name).share).limit_denominator(100)
            rng = random.Random(f"{seed}:{name}")  # noqa: S311  a reproducible draw, not a secret
            self._draws[name] = _Draw(rng, share.numerator, share.denominator)

    def on(self, name: str) -> bool:
        """Whether the defect is switched on."""
        return name in self._draws

    def strikes(self, name: str) -> bool:
        """Whether the defect is switched on and hits this request; ask once a request."""
        draw = self._draws.get(name)
        return draw is not None and draw.next()

    @property
    def names(self) -> tuple[str, ...]:
        """What is switched on, in order."""
        return tuple(self._draws)


HEALTHY = Defects()
"""Nothing is broken."""


def known(name: str) -> Defect:
    """The defect called *name*.

    Raises:
        UsageError: no such defect; names the nearest.
    """
    if name in DEFECTS:
        return DEFECTS[name]
    near = get_close_matches(name, DEFECTS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(DEFECTS)}"
    raise UsageError(f"no defect is called {name!r}", where="--defect", hint=hint)
