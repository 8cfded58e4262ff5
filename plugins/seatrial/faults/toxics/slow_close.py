"""``slow_close``: the connection's end is held back."""

from __future__ import annotations

from pydantic import Field

from seatrial.faults.registry import register
from seatrial.faults.tcp import Ending, TcpAttributes, TcpFault
from seatrial.faults.timers import Timer


class Attributes(TcpAttributes):
    """In milliseconds."""

    delay: int = Field(default=0, ge=0)
    """How long the end is held back."""


@register
class SlowClose(TcpFault[Attributes]):
    """Keeps the connection from closing for so many milliseconds."""

    type = "slow_close"
    _timer: Timer | None = None
    _how: Ending | None = None

    def end(self, how: Ending) -> None:
        if self._timer is not None:
            return
        self.acted()
        self._how = how
        self._timer = self.after(self.attributes.delay / 1000, self._over)

    def interrupt(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._over()

    def _over(self) -> None:
        self._timer = None
        how, self._how = self._how, None
        if how is not None:
            self.pass_end(how)
