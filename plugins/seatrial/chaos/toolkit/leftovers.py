"""The process that takes back what a killed experiment has left at a fault proxy: it outlives it by a moment.

It reads lines of JSON, ``{"url": ..., "proxy": ..., "name": ..., "armed": true}`` before a fault is injected
and ``"armed": false`` once it is gone, answers each with ``ok``, and at the end of its input, which is also
the end of the experiment's process, it takes back what is still armed.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress

from seatrial.core.errors import SeatrialError
from seatrial.faults.client import ControlClient, NobodyListens

TIMEOUT = 5.0

Armed = tuple[str, str, str]


def watch(lines: Iterable[str]) -> int:
    """Serve until *lines* end; returns how many faults could not be taken back."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(
            number, signal.SIG_IGN
        )  # Ctrl-C reaches the whole terminal: this process must outlast it
    armed: set[Armed] = set()
    for line in lines:
        told = json.loads(line)
        change = armed.add if told["armed"] else armed.discard
        change((told["url"], told["proxy"], told["name"]))
        with suppress(OSError):
            print("ok", flush=True)
    return sum(not taken_back(each) for each in sorted(armed))


def taken_back(fault: Armed) -> bool:
    """Take a fault back; whether it is gone. A server or a proxy that is gone has none."""
    url, proxy, name = fault
    try:
        client = ControlClient(url, timeout=TIMEOUT)
        if proxy in client.proxies():
            client.take_back(proxy, name)
    except NobodyListens:
        return True
    except (SeatrialError, ValueError):  # it is mute, or no control API
        return False
    return True


if __name__ == "__main__":
    sys.exit(watch(sys.stdin))
