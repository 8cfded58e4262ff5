"""The process that takes back what a killed experiment has left at a fault proxy: it outlives it by a moment.

Run as a script with the standard library only. It reads lines of JSON, ``{"url": ..., "proxy": ..., "name":
..., "armed": true}`` before a fault is injected and ``"armed": false`` once it is gone, answers each with
``ok``, and at the end of its input, which is also the end of the experiment's process, it takes back what
is still armed.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

DOWN = "down"
"""The fault that is no toxic: the proxy is disabled."""
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
    place = f"/proxies/{quote(proxy, safe='')}"
    try:
        state = _call(url, "GET", place)
        if name == DOWN and state.get("enabled") is False:
            _call(url, "POST", place, {"enabled": True})
        if _has(state, name):
            _call(url, "DELETE", f"{place}/toxics/{quote(name, safe='')}")
        state = _call(url, "GET", place)
    except ConnectionRefusedError:
        return True
    except (OSError, HTTPException, ValueError):
        return False
    return not _has(state, name) and not (name == DOWN and state.get("enabled") is False)


def _has(state: dict[str, Any], name: str) -> bool:
    return any(toxic["name"] == name for toxic in state.get("toxics") or ())


def _call(url: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port or 8474, timeout=TIMEOUT)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"content-type": "application/json", "user-agent": "seatrial"})
        answer = connection.getresponse().read()
        told = json.loads(answer) if answer.strip() else {}
        return told if isinstance(told, dict) else {}
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(watch(sys.stdin))
