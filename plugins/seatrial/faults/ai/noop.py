"""``noop``: leaves every request and every answer alone. Copy this file to begin a fault of your own."""

from __future__ import annotations

from seatrial.faults.base import AiFault
from seatrial.faults.registry import register
from seatrial.faults.when import When


class Attributes(When):
    """None of its own."""


@register
class Noop(AiFault[Attributes]):
    """Does nothing, and therefore never hits."""

    type = "noop"
