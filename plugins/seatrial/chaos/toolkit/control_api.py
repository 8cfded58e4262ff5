"""The control API of a fault proxy (Toxiproxy's, with our witness beside it), with every change read back.

The standard library only: run as a script this file is the watchdog that reverts what a killed experiment
has left behind. It reads lines of JSON, ``{"url": ..., "proxy": ..., "name": ..., "armed": true}`` before a
fault is injected and ``"armed": false`` once it is gone, answers each with ``ok``, and at the end of its
input, which is also the end of the experiment's process, it reverts what is still armed.

Toxiproxy's own Python client believes a change before the server has confirmed it, waits for ever, and knows
one server a process; see ``tests/chaos/toolkit/test_control_api.py``.
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


class ControlError(Exception):
    """The control API did not do what it was asked for."""


class ControlApi:
    """One server.

    Args:
        url: such as ``http://127.0.0.1:8474``.
        timeout: seconds to wait for an answer.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme != "http" or not parts.hostname:
            raise ControlError(f"{url!r} is no address of a control API: http://HOST:PORT is expected")
        self.url = url
        self._address = parts.hostname, parts.port or 8474
        self._timeout = timeout

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of an answer.

        Raises:
            ControlError: nobody answers, or not in JSON.
        """
        connection = HTTPConnection(*self._address, timeout=self._timeout)
        try:
            data = None if body is None else json.dumps(body)
            headers = {"content-type": "application/json", "user-agent": "seatrial"}
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, HTTPException) as error:
            said = str(error) or type(error).__name__
            raise ControlError(f"no control API of a fault proxy answers at {self.url} ({said})") from error
        finally:
            connection.close()
        try:
            return answer.status, json.loads(text) if text.strip() else None
        except ValueError:
            return answer.status, text.decode("utf-8", "replace").strip()

    def proxies(self) -> dict[str, Any]:
        """Every proxy by name, with its toxics."""
        found = self._asked("GET", "/proxies")
        if not isinstance(found, dict):
            raise ControlError(f"what answers at {self.url} is no control API of a fault proxy")
        return found

    def proxy(self, name: str) -> dict[str, Any]:
        """One proxy, with its toxics."""
        status, found = self.call("GET", _path(name))
        if status == 404:
            known = ", ".join(self.proxies()) or "none"
            raise ControlError(f"the fault proxy at {self.url} has no proxy {name!r}; it has: {known}")
        return dict(self._good(status, found))

    def faults(self) -> set[tuple[str, str]]:
        """What is in force now: (proxy, name of the fault)."""
        found = set()
        for name, proxy in self.proxies().items():
            if not proxy.get("enabled", True):
                found.add((name, DOWN))
            found |= {(name, toxic["name"]) for toxic in proxy.get("toxics") or ()}
        return found

    def inject(self, proxy: str, toxic: dict[str, Any]) -> dict[str, Any]:
        """Add a toxic, or disable the proxy where its type is ``down``; returns it as the server has it.

        Raises:
            ControlError: it did not take.
        """
        if toxic["type"] == DOWN:
            self._asked("POST", _path(proxy), {"enabled": False})
            if self.proxy(proxy)["enabled"]:
                raise ControlError(f"the fault proxy says it has taken {proxy} down, and it is up")
            return {"name": DOWN, "type": DOWN}
        self._asked("POST", _path(proxy, "toxics"), toxic)
        found = self._toxic(proxy, toxic["name"])
        if found is None:
            raise ControlError(
                f"the fault proxy says it has added {toxic['name']} to {proxy}, and it is not there"
            )
        wanted = toxic.get("attributes") or {}
        has = {key: (found.get("attributes") or {}).get(key) for key in wanted}
        if (found["type"], float(found["toxicity"]), has) != (
            toxic["type"],
            float(toxic["toxicity"]),
            wanted,
        ):
            raise ControlError(f"the fault proxy has added something else to {proxy}: {found}")
        return found

    def revert(self, proxy: str, name: str) -> bool:
        """Remove a fault; whether it was there. One that is gone already is fine.

        Raises:
            ControlError: it is still there.
        """
        there = self.proxy(proxy)
        if name == DOWN:
            if there["enabled"]:
                return False
            self._asked("POST", _path(proxy), {"enabled": True})
            if not self.proxy(proxy)["enabled"]:
                raise ControlError(f"the fault proxy says that {proxy} is up again, and it is down")
            return True
        if self._toxic(proxy, name) is None:
            return False
        status, said = self.call("DELETE", _path(proxy, "toxics", name))
        if self._toxic(proxy, name) is not None:
            raise ControlError(f"{name} cannot be removed from {proxy} (HTTP {status}: {said})")
        return True

    def hits(self, proxy: str, name: str) -> int | None:
        """How often a fault has acted; None where the proxy counts nothing (a real Toxiproxy)."""
        status, found = self.call("GET", _path(proxy, "witness"))
        if status != 200 or not isinstance(found, dict):
            return None
        seen = found.get(name)
        return int(seen.get("hits", 0)) if isinstance(seen, dict) else 0

    def attempts(self, proxy: str, since: int = 0) -> list[dict[str, Any]] | None:
        """The requests that passed a proxy after number *since*; None where it records none."""
        status, found = self.call("GET", f"{_path(proxy, 'attempts')}?since={since}")
        return found if status == 200 and isinstance(found, list) else None

    def _toxic(self, proxy: str, name: str) -> dict[str, Any] | None:
        return next((toxic for toxic in self.proxy(proxy).get("toxics") or () if toxic["name"] == name), None)

    def _asked(self, method: str, path: str, body: Any = None) -> Any:
        return self._good(*self.call(method, path, body))

    def _good(self, status: int, found: Any) -> Any:
        if status >= 300:
            said = found.get("error", found) if isinstance(found, dict) else found
            raise ControlError(f"the fault proxy at {self.url} refused: {said} (HTTP {status})")
        return found


def _path(proxy: str, *parts: str) -> str:
    return "/proxies/" + "/".join(quote(part, safe="") for part in (proxy, *parts))


def watch(lines: Iterable[str]) -> int:
    """Serve as the watchdog until *lines* end; returns how many faults could not be reverted."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(
            number, signal.SIG_IGN
        )  # Ctrl-C reaches the whole terminal: this process must outlast it
    armed: set[tuple[str, str, str]] = set()
    for line in lines:
        told = json.loads(line)
        change = armed.add if told["armed"] else armed.discard
        change((told["url"], told["proxy"], told["name"]))
        with suppress(OSError):
            print("ok", flush=True)
    return sum(not _reverted(*each) for each in sorted(armed))


def _reverted(url: str, proxy: str, name: str) -> bool:
    try:
        ControlApi(url).revert(proxy, name)
    except ControlError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(watch(sys.stdin))
