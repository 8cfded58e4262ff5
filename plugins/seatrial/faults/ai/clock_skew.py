"""``clock.skew``: the upstream's clock is wrong, as its Date header tells.

Signed requests and Retry-After as a date depend on it. Seen in public: anthropic-sdk-go#122 (5 minutes is the
most that some signatures bear), aws-sdk-js-v3#7605.
"""

from __future__ import annotations

import time
from email.utils import formatdate, parsedate_to_datetime

from seatrial.faults.actions import HeadItems
from seatrial.faults.base import AiFault
from seatrial.faults.message import Head
from seatrial.faults.registry import register
from seatrial.faults.when import When
from seatrial.policy.fields import Duration


class Attributes(When):
    """How wrong it is."""

    ahead: Duration = 0.0
    """The clock is fast by so much."""
    behind: Duration = 0.0
    """The clock is slow by so much."""


@register
class ClockSkew(AiFault[Attributes]):
    """The Date header is off; where the upstream sends none, one is added."""

    type = "clock.skew"

    def on_head(self, head: Head) -> HeadItems | None:
        skew = self.attributes.ahead - self.attributes.behind
        if not skew:
            return None
        return [head.with_header("Date", formatdate(_told(head.header("date")) + skew, usegmt=True))]


def _told(date: str | None) -> float:
    """The time that the upstream tells, else ours; seconds since 1970."""
    if date is not None:
        try:
            return parsedate_to_datetime(date).timestamp()
        except ValueError:
            pass
    return time.time()
