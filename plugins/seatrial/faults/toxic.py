"""A toxic of a proxy: a kind of fault with a name, attributes, and its share of what it hits."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic as clock
from typing import Any

from pydantic import BaseModel

from seatrial.faults.base import AiFault, ConnectionFault, FaultKind
from seatrial.faults.recorder import Witness
from seatrial.faults.registry import dump
from seatrial.faults.tcp import TcpFault
from seatrial.faults.when import Chooser, When, chance


class Toxic:
    """One entry in a proxy's list of toxics.

    Args:
        name: unique in its proxy.
        kind: what it does.
        stream: ``upstream`` or ``downstream``; it matters to TCP toxics alone.
        toxicity: the share of links (TCP), connections or requests that it hits, 0…1.
        attributes: as `kind.Attributes` reads them.
        key: what its draws depend on: the seed and the proxy's name.
        order: the names of the proxy's toxics, in their order.
    """

    def __init__(
        self,
        name: str,
        kind: type[FaultKind[Any]],
        stream: str,
        toxicity: float,
        attributes: BaseModel,
        *,
        key: tuple[str | int, ...] = (0,),
        order: Callable[[], list[str]] = list,
    ) -> None:
        self.name = name
        self.kind = kind
        self.stream = stream
        self.toxicity = toxicity
        self.attributes = attributes
        self.key = (*key, name)
        self.order = order
        self.added = clock()
        self.updates = 0
        self.witness = Witness()
        self._chooser = self._new_chooser()

    @property
    def is_tcp(self) -> bool:
        """Whether it acts on bytes."""
        return issubclass(self.kind, TcpFault)

    @property
    def is_ai(self) -> bool:
        """Whether it acts on requests."""
        return issubclass(self.kind, AiFault)

    @property
    def is_connection(self) -> bool:
        """Whether it acts on connections as they are accepted."""
        return issubclass(self.kind, ConnectionFault)

    @property
    def chooser(self) -> Chooser:
        """Decides which requests or connections it hits."""
        return self._chooser

    def update(self, toxicity: float, attributes: BaseModel) -> None:
        """Other settings; what it has hit stays on record."""
        self.toxicity = toxicity
        self.attributes = attributes
        self.updates += 1
        self._chooser = self._new_chooser()

    def drawn(self, link: int) -> bool:
        """Whether it is at work on link number *link*; the same answer until the toxic is updated."""
        return self.toxicity >= 1 or chance(*self.key, self.updates, link) < self.toxicity

    def show(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {
            "attributes": dump(self.attributes),
            "name": self.name,
            "type": self.kind.type,
            "stream": self.stream,
            "toxicity": self.toxicity,
        }

    def _new_chooser(self) -> Chooser:
        when = self.attributes if isinstance(self.attributes, When) else When()
        return Chooser(when, self.toxicity, self.key)
