"""``keepalive.close_race``: the connection is closed at the moment in which the caller uses it again.

Servers close idle connections; a request that is on its way just then gets no answer, and was not read. Seen
in public: kserve#5446 (5 s of uvicorn against a longer wait in the proxy), open-webui/terminals#24.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seatrial.faults.actions import Close, RequestItems, Reset
from seatrial.faults.base import AiFault
from seatrial.faults.registry import register
from seatrial.faults.when import When


class Attributes(When):
    """When it is closed, and how."""

    served: int = Field(default=1, ge=1)
    """Requests that a connection answers before it is closed on the next."""
    how: Literal["close", "reset"] = "close"
    """``close``: as a server that did not see the request (FIN); ``reset``: as one that did (RST)."""


@register
class KeepaliveCloseRace(AiFault[Attributes]):
    """A kept connection is closed as soon as it is used again; the request never reaches the upstream."""

    type = "keepalive.close_race"

    def on_request(self) -> RequestItems | None:
        if self.request.served < self.attributes.served:
            return None
        return [Close() if self.attributes.how == "close" else Reset()]
