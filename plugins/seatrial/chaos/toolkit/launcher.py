"""The process that an experiment runs in: chaostoolkit's own command, which ends with the one that started
it.

``python -m seatrial.chaos.toolkit.launcher LIFELINE ARGUMENTS...``: LIFELINE is the reading end of a pipe
whose other end only the harness holds. When that closes, because the harness has died, the experiment is
ended and rolled back, as by a stop condition; and should that not work, the process ends itself.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

GRACE = 30.0
"""Seconds for the rollbacks of an experiment whose harness is gone."""


def main(lifeline: int, arguments: list[str]) -> None:
    """Run chaostoolkit's command with *arguments*; does not return."""
    from chaostoolkit.cli import cli

    threading.Thread(target=follow, args=(lifeline,), name="lifeline", daemon=True).start()
    cli(arguments, prog_name="chaos")


def follow(lifeline: int, grace: float = GRACE) -> None:
    """Wait for the end of the lifeline, then end the experiment."""
    while os.read(lifeline, 1):
        pass
    os.kill(os.getpid(), signal.SIGUSR1)
    time.sleep(grace)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
