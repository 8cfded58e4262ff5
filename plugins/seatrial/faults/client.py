"""Our client of the control API, for our own proxy and for a real Toxiproxy server.

It goes over `toxiproxy-python` with that client's traps mended: every change is read back, every call has a
time-out, errors of every kind are told, and any number of servers can be spoken to from one process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.recorder import Attempt

TIMEOUT = 5.0
DOWN = "down"
"""The fault that is no toxic: the proxy is disabled."""


class NobodyListens(HarnessError):
    """There is no server at that address any more."""


@dataclass(frozen=True)
class ProxyState:
    """A proxy as the server tells it."""

    name: str
    listen: str
    upstream: str
    enabled: bool
    toxics: tuple[ToxicState, ...]


@dataclass(frozen=True)
class ToxicState:
    """A toxic as the server tells it."""

    name: str
    type: str
    stream: str
    toxicity: float
    attributes: dict[str, Any]


class ControlClient:
    """Speaks to one server.

    Args:
        url: of its control API, such as ``http://127.0.0.1:8474``.
        timeout: seconds that one call may take.

    Raises:
        UsageError: the package toxiproxy-python is missing, or *url* is none.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme != "http" or not parts.hostname:
            raise UsageError(
                f"{url!r} is no address of a control API", hint="write one like http://127.0.0.1:8474"
            )
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.url = f"http://{host}:{parts.port or 8474}"
        # A proxy for the web that is set in the environment has no business between us and our server.
        self._options = {"timeout": timeout, "proxies": {f"http://{parts.hostname}": None}}
        self._consumer = _consumer(host, parts.port or 8474)
        self._ours: bool | None = None

    # -- the server

    def version(self) -> str:
        """The version of its API."""
        return str(self._get("/version")["version"])

    @property
    def ours(self) -> bool:
        """Whether it is seatrial's own, with witnesses, a flight recorder and AI faults."""
        if self._ours is None:
            self._ours = self._reply("get", "/faults").status_code == 200
        return self._ours

    def reset(self) -> None:
        """Enable all proxies and remove all toxics.

        Raises:
            HarnessError: it did not happen.
        """
        self._call("post", "/reset")
        for proxy in self.proxies().values():
            if proxy.toxics or not proxy.enabled:
                raise self._unlike(f"the proxy {proxy.name} after a reset", "enabled, without toxics", proxy)

    def received(self, proxy: str, direction: str) -> float | None:
        """Bytes that came from the sender of *direction*; None where the server keeps no metrics."""
        return self._bytes("received", proxy, direction)

    def sent(self, proxy: str, direction: str) -> float | None:
        """Bytes that *proxy* passed on in *direction*; None where the server keeps no metrics."""
        return self._bytes("sent", proxy, direction)

    # -- proxies

    def proxies(self) -> dict[str, ProxyState]:
        """All proxies by name."""
        return {name: _proxy(told) for name, told in self._get("/proxies").items()}

    def proxy(self, name: str) -> ProxyState:
        """One proxy."""
        return _proxy(self._get(f"/proxies/{quote(name, safe='')}"))

    def create(self, name: str, listen: str, upstream: str, **more: Any) -> ProxyState:
        """A new proxy; *more* are fields of our own server's (protocol, tls).

        Raises:
            HarnessError: there is none: the name or the port is taken, …
        """
        self._call("post", "/proxies", {"name": name, "listen": listen, "upstream": upstream, **more})
        made = self.proxy(name)
        if not made.enabled or made.upstream != upstream:
            raise self._unlike(f"the new proxy {name}", f"enabled, with upstream {upstream}", made)
        return made

    def enable(self, name: str, enabled: bool = True) -> ProxyState:
        """Let a proxy listen, or not.

        Raises:
            HarnessError: it does not do as it was told.
        """
        self._call("post", f"/proxies/{quote(name, safe='')}", {"enabled": enabled})
        told = self.proxy(name)
        if told.enabled is not enabled:
            raise self._unlike(f"the proxy {name}", "enabled" if enabled else "disabled", told)
        return told

    def delete(self, name: str) -> None:
        """Remove a proxy.

        Raises:
            HarnessError: it is still there.
        """
        self._call("delete", f"/proxies/{quote(name, safe='')}")
        if name in self.proxies():
            raise HarnessError(f"{self.url}: the proxy {name} was deleted, and is still there")

    # -- toxics

    def toxics(self, proxy: str) -> dict[str, ToxicState]:
        """All toxics of a proxy, by name."""
        return {toxic.name: toxic for toxic in self.proxy(proxy).toxics}

    def add_toxic(
        self,
        proxy: str,
        type: str,
        *,
        name: str | None = None,
        stream: str = "downstream",
        toxicity: float = 1.0,
        attributes: dict[str, Any] | None = None,
    ) -> ToxicState:
        """A new toxic, read back.

        Raises:
            HarnessError: it is not there, or not as it was wanted.
        """
        name = name or f"{type}_{stream}"
        wanted = {"name": name, "type": type, "stream": stream, "toxicity": toxicity}
        self._call("post", f"{_toxics(proxy)}", {**wanted, "attributes": attributes or {}})
        return self._read_back(proxy, name, wanted, attributes or {})

    def update_toxic(
        self,
        proxy: str,
        name: str,
        *,
        toxicity: float | None = None,
        attributes: dict[str, Any] | None = None,
    ) -> ToxicState:
        """Another toxicity or other attributes, read back.

        Raises:
            HarnessError: it is not as it was wanted.
        """
        wanted = {} if toxicity is None else {"toxicity": toxicity}
        self._call(
            "post", f"{_toxics(proxy)}/{quote(name, safe='')}", {**wanted, "attributes": attributes or {}}
        )
        return self._read_back(proxy, name, wanted, attributes or {})

    def remove_toxic(self, proxy: str, name: str) -> None:
        """Take a toxic away.

        Raises:
            HarnessError: it is still there.
        """
        self._call("delete", f"{_toxics(proxy)}/{quote(name, safe='')}")
        if name in self.toxics(proxy):
            raise HarnessError(f"{self.url}: the toxic {name} of {proxy} was removed, and is still there")

    def take_back(self, proxy: str, name: str) -> bool:
        """Take the fault *name* back: remove that toxic, or enable the proxy; whether it was there.

        Raises:
            HarnessError: there is no such proxy, or the fault is still there.
        """
        state = self.proxy(proxy)
        disabled = name == DOWN and not state.enabled
        if disabled:
            self.enable(proxy)
        there = any(toxic.name == name for toxic in state.toxics)
        if there:
            self.remove_toxic(proxy, name)
        return disabled or there

    # -- what only our own server has

    def witness(self, proxy: str) -> dict[str, dict[str, Any]]:
        """How often each toxic acted (``hits``), and when ``first`` and ``last``; and ``down``.

        Raises:
            HarnessError: a fault of our own is broken.
        """
        told: dict[str, Any] = self._get(f"/proxies/{quote(proxy, safe='')}/witness")
        troubles = told.pop("troubles", None)
        if troubles:
            raise HarnessError(f"a fault on {proxy} is broken: {troubles[0]}")
        return told

    def attempts(self, proxy: str, since: int = 0) -> list[Attempt]:
        """What the flight recorder of *proxy* has above number *since*."""
        told = self._get(f"/proxies/{quote(proxy, safe='')}/attempts?since={since}")
        return [Attempt(**{**each, "faults": tuple(each["faults"])}) for each in told]

    def clear_attempts(self, proxy: str) -> None:
        """Empty the flight recorder of *proxy*."""
        self._call("post", f"/proxies/{quote(proxy, safe='')}/attempts/clear")

    # -- inside

    def _read_back(
        self, proxy: str, name: str, wanted: dict[str, Any], attributes: dict[str, Any]
    ) -> ToxicState:
        told = self.toxics(proxy).get(name)
        if told is None:
            raise HarnessError(f"{self.url}: the toxic {name} of {proxy} was added, and is not there")
        unlike = [key for key, value in wanted.items() if not _same(getattr(told, key), value)]
        unlike += [key for key in attributes if key not in told.attributes]
        unlike += [
            key
            for key, value in attributes.items()
            if isinstance(value, int) and not _same(told.attributes.get(key, value), value)
        ]
        if unlike:
            raise self._unlike(
                f"the toxic {name} of {proxy}", f"with {wanted | {'attributes': attributes}}", told
            )
        return told

    def _bytes(self, what: str, proxy: str, direction: str) -> float | None:
        reply = self._reply("get", "/metrics")
        if reply.status_code != 200:
            return None
        for line in reply.text.splitlines():
            if line.startswith(f"toxiproxy_proxy_{what}_bytes_total{{"):
                labels, _, value = line.rpartition(" ")
                if f'proxy="{proxy}"' in labels and f'direction="{direction}"' in labels:
                    return float(value)
        return 0.0

    def _get(self, path: str) -> Any:
        return self._call("get", path).json()

    def _call(self, verb: str, path: str, body: Any = None) -> Any:
        reply = self._reply(verb, path, body)
        if reply.status_code >= 300:
            raise HarnessError(
                f"{self.url}: {verb.upper()} {path} failed with {reply.status_code}: {_reason(reply)}"
            )
        return reply

    def _reply(self, verb: str, path: str, body: Any = None) -> Any:
        from requests import RequestException
        from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

        call: Callable[..., Any] = getattr(self._consumer, verb)
        options = self._options if body is None else {**self._options, "json": body}
        try:
            return call(path, **options)
        except (InvalidToxic, NotFound, ProxyExists) as error:
            return _Refused(error)
        except RequestException as error:
            trouble = NobodyListens if _refused(error) else HarnessError
            raise trouble(
                f"the fault proxy at {self.url} does not answer ({type(error).__name__})",
                hint="is it started? `seatrial proxy` starts one",
            ) from error

    def _unlike(self, what: str, wanted: str, told: object) -> HarnessError:
        return HarnessError(
            f"{self.url}: {what} is not as it was told to be", hint=f"wanted {wanted}; is {told}"
        )


def _refused(error: BaseException | None) -> bool:
    """Whether nobody listens there: it is at the bottom of what requests and urllib3 make of it."""
    while error is not None and not isinstance(error, ConnectionRefusedError):
        error = error.__cause__ or error.__context__
    return error is not None


class _Refused:
    """What toxiproxy-python makes an exception of, as the answer it was."""

    def __init__(self, error: Exception) -> None:
        self.status_code = {"InvalidToxic": 400, "NotFound": 404, "ProxyExists": 409}[type(error).__name__]
        body = error.args[0]
        self.text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)

    def json(self) -> Any:
        import json

        return json.loads(self.text)


def _consumer(host: str, port: int) -> Any:
    try:
        from toxiproxy.api import APIConsumer
    except ImportError as error:
        raise UsageError(
            "speaking to the fault proxy needs the package toxiproxy-python",
            hint="pip install 'seatrial[chaos]'",
        ) from error
    # Host and port belong to the class there: a class for each server keeps them apart.
    return type("Consumer", (APIConsumer,), {"host": host, "port": port})


def _proxy(told: dict[str, Any]) -> ProxyState:
    toxics = tuple(
        ToxicState(each["name"], each["type"], each["stream"], each["toxicity"], each.get("attributes") or {})
        for each in told.get("toxics") or ()
    )
    return ProxyState(told["name"], told["listen"], told["upstream"], told["enabled"], toxics)


def _toxics(proxy: str) -> str:
    return f"/proxies/{quote(proxy, safe='')}/toxics"


def _same(told: Any, wanted: Any) -> bool:
    # A real server keeps the toxicity in 32 bits.
    return abs(told - wanted) < 1e-6 if isinstance(wanted, int | float) else bool(told == wanted)


def _reason(reply: Any) -> str:
    try:
        told = reply.json()
    except ValueError:
        return str(reply.text).strip()[:200]
    return str(told.get("error", told)) if isinstance(told, dict) else str(told)
