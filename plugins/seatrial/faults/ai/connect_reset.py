"""``connect.reset``: connections are reset as soon as they are accepted, and those that stand are cut.

The nearest thing to a dead provider that a process without rights can witness: a port where nobody listens
(``down``) refuses, but only the kernel sees who was refused.
"""

from __future__ import annotations

from seatrial.faults.actions import ConnectItems, Reset
from seatrial.faults.base import ConnectionFault
from seatrial.faults.registry import register
from seatrial.faults.when import When


class Attributes(When):
    """None of its own; path, model and tenant do not apply to connections."""


@register
class ConnectReset(ConnectionFault[Attributes]):
    """Every new connection is reset at once, and those that stand are cut."""

    type = "connect.reset"
    cuts_existing = True

    def on_connect(self) -> ConnectItems | None:
        return [Reset()]
