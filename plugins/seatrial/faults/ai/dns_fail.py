"""``dns.fail``: the upstream's name does not resolve any more, where somebody in between looks it up.

Who calls a proxy has found it already: no proxy can make its caller's own lookup fail. This is what callers
of a sidecar, an egress gateway or a balancer see when *their* lookup fails: the connection stands, and is
closed without a byte, or an error of the gateway comes, often only after the resolver has taken its time. The
lookup of the system under trial itself fails under ``process.dns``. Seen in public: litellm#17252.
"""

from __future__ import annotations

from typing import Literal

from seatrial.faults.actions import Close, Pause, RequestItems, Respond
from seatrial.faults.base import AiFault
from seatrial.faults.registry import register
from seatrial.faults.when import When
from seatrial.policy.fields import Duration

WORDS = b"upstream connect error: name resolution failed"


class Attributes(When):
    """How it shows."""

    how: Literal["close", "502", "503"] = "close"
    """``close``: the connection is closed without a byte, as by a balancer;
    ``502``, ``503``: a gateway says so."""
    after: Duration = 0.0
    """How long the lookup took before it failed; a resolver that is silent often takes 5 s."""


@register
class DnsFail(AiFault[Attributes]):
    """What lies between does not find the upstream: closed without a byte, or a gateway's error."""

    type = "dns.fail"

    def on_request(self) -> RequestItems | None:
        how = self.attributes.how
        answer = Close() if how == "close" else Respond(int(how), (("content-type", "text/plain"),), WORDS)
        return [Pause(self.attributes.after), answer] if self.attributes.after else [answer]
