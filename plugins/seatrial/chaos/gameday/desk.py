"""Where people sit: who presses Enter, and what they note down."""

from __future__ import annotations

from typing import Protocol

from seatrial.chaos.gameday.abort import Abort


class Desk(Protocol):
    """The people in front of the screen, as far as the script needs them."""

    def go(self, seconds: float, abort: Abort) -> bool:
        """Wait until somebody presses Enter; False where nobody did within *seconds*.

        Raises:
            Aborted: the game day was called off meanwhile.
        """

    def answer(self, question: str, seconds: float, abort: Abort) -> str | None:
        """What somebody answers to *question*; None where nobody did.

        Raises:
            Aborted: the game day was called off meanwhile.
        """


class Unattended:
    """Nobody is there: pauses are skipped and questions stay open, as with ``--yes``."""

    def go(self, seconds: float, abort: Abort) -> bool:
        abort.check()
        return True

    def answer(self, question: str, seconds: float, abort: Abort) -> str | None:
        abort.check()
        return None
