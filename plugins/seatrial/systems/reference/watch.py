"""The gateway with somebody on watch: kept running, looked after, and its troubles told to a webhook.

    python -m seatrial.systems.reference.watch --pidfile FILE --health URL --notify URL -- COMMAND...

The gateway's own defects (``--defect NAME`` in its command) are those of its watch as well.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from seatrial.core.errors import UsageError
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.remediator import Care, Remediator
from seatrial.systems.supervisor import Supervisor

PATIENCE = 1.0
"""Seconds for an answer of the health page, and for a message to be taken."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Keep it running, and look after it; returns its exit code."""
    options = _parser().parse_args(arguments)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        _parser().error("what shall be looked after? write -- COMMAND")
    try:
        defects = Defects([name for option, name in pairwise(command) if option == "--defect"])
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    supervisor = Supervisor(command, options.pidfile)
    remediator = Remediator(
        lambda: answers(options.health, options.wait),
        lambda: supervisor.started,
        supervisor.again,
        lambda told: post(options.notify, told),
        clock=time.monotonic,
        care=Care(patience=options.patience, attempts=options.attempts),
        defects=defects,
    )
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(remediator.look, over), daemon=True)
    watch.start()
    try:
        return supervisor.run()
    finally:
        over.set()
        watch.join()


def _watch(look: Callable[[], None], over: threading.Event) -> None:
    while not over.wait(Care().every):
        look()


def answers(url: str, wait: float = PATIENCE) -> bool:
    """Whether anything answers there within *wait* seconds, be it that all is not well."""
    return _asked(url, "GET", None, wait) is not None


def post(url: str, told: Mapping[str, Any]) -> None:
    """Tell whoever listens; where nobody does it is said on standard error."""
    if _asked(url, "POST", json.dumps(told).encode()) is None:
        alert = told["commonLabels"]["alertname"]
        print(f"nobody listens to {alert} {told['status']}", file=sys.stderr, flush=True)


def _asked(url: str, method: str, body: bytes | None, wait: float = PATIENCE) -> int | None:
    """The status of an answer, None for none."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=wait)
    headers = {} if body is None else {"content-type": "application/json"}
    try:
        connection.request(method, parts.path or "/", body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m seatrial.systems.reference.watch", description=__doc__)
    add = parser.add_argument
    add("--pidfile", type=Path, required=True, help="file that tells the gateway's process id")
    add("--health", required=True, metavar="URL", help="page that is looked at")
    add("--notify", required=True, metavar="URL", help="where alerts are posted, as Alertmanager does")
    add("--wait", type=float, default=PATIENCE, help="seconds for an answer of that page")
    add("--patience", type=float, default=Care().patience, help="seconds that a start may take")
    add("--attempts", type=int, default=Care().attempts, help="restarts before a person is called")
    add("command", nargs=argparse.REMAINDER, help="-- and the gateway's command")
    return parser


if __name__ == "__main__":
    sys.exit(main())
