"""Ends the session when the command that asked for it is gone, also where it was killed with SIGKILL.

Nobody follows such a run any more, and what the command started for it (the demo's system) is gone too: what
it would go on to see says nothing about the target.
"""

from __future__ import annotations

import os
import signal
import threading
import time

GRACE = 15.0  # seconds to revert faults and write the journal's end


def hold(descriptor: int) -> None:
    """Interrupt this process, as Ctrl-C does, once the other end of a pipe is closed.

    Args:
        descriptor: the reading end; only the command holds the other one.
    """
    threading.Thread(target=_wait, args=(descriptor,), name="seatrial-lifeline", daemon=True).start()


def _wait(descriptor: int) -> None:
    while os.read(descriptor, 1):
        continue  # nobody writes; and if anybody did, it would mean nothing
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE)
    os._exit(4)
