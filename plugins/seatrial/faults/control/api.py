"""The routes of the control API: those of Toxiproxy 2.12, and a few of our own.

Facts about Toxiproxy's: its README and api.go. Two things differ, on purpose: a listener without a host binds
this machine alone, and values that Toxiproxy would take and fail on later (a negative time) are refused.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from seatrial.faults.control import inputs, metrics
from seatrial.faults.control.http import Call, Reply
from seatrial.faults.control.inputs import ApiError
from seatrial.faults.registry import kind_named, kinds

if TYPE_CHECKING:
    from seatrial.faults.collection import Collection
    from seatrial.faults.proxy import FaultProxy
    from seatrial.faults.toxic import Toxic

VERSION = "2.12.0"
"""The version of Toxiproxy whose API this is."""
TEXT = "text/plain; charset=utf-8"

Route = Callable[..., Awaitable[Reply]]


class Api:
    """Answers calls.

    Args:
        collection: the proxies.
    """

    def __init__(self, collection: Collection) -> None:
        self._proxies = collection
        self._routes: dict[tuple[str, ...], dict[str, Route]] = {
            ("version",): {"GET": self.version},
            ("metrics",): {"GET": self.metrics},
            ("reset",): {"POST": self.reset},
            ("populate",): {"POST": self.populate},
            ("faults",): {"GET": self.faults},
            ("proxies",): {"GET": self.index, "POST": self.create},
            ("proxies", "*"): {
                "GET": self.show, "POST": self.update, "PATCH": self.update, "DELETE": self.delete,
            },
            ("proxies", "*", "witness"): {"GET": self.witness},
            ("proxies", "*", "attempts"): {"GET": self.attempts},
            ("proxies", "*", "attempts", "clear"): {"POST": self.clear},
            ("proxies", "*", "toxics"): {"GET": self.toxics, "POST": self.add},
            ("proxies", "*", "toxics", "*"): {
                "GET": self.toxic, "POST": self.change, "PATCH": self.change, "DELETE": self.remove,
            },
        }  # fmt: skip

    async def handle(self, call: Call) -> Reply:
        """The answer to *call*."""
        methods, names = self._find(call.path)
        if methods is None:
            return Reply(404, b"404 page not found\n", TEXT)
        route = methods.get(call.method)
        if route is None:
            return Reply(405)
        if call.user_agent.startswith("Mozilla/"):  # a page in a browser must not drive it
            return Reply(403, b"User agent not allowed\n", TEXT)
        try:
            return await route(call, *names)
        except ApiError as error:
            return error_reply(error)
        except Exception as error:
            # A defect of ours: the caller must be told, and so must whoever looks for troubles.
            self._proxies.trouble(error)
            return error_reply(ApiError(f"{type(error).__name__}: {error}", 500))

    def _find(self, path: tuple[str, ...]) -> tuple[dict[str, Route] | None, list[str]]:
        for pattern, methods in self._routes.items():
            pairs = list(zip(pattern, path, strict=False))
            if len(pattern) == len(path) and all(
                known == got or (known == "*" and got) for known, got in pairs
            ):
                return methods, [got for known, got in pairs if known == "*"]
        return None, []

    # -- the server

    async def version(self, call: Call) -> Reply:
        """The version of the API."""
        return Reply(200, b'{"version": "%b"}\n' % VERSION.encode(), "application/json;charset=utf-8")

    async def metrics(self, call: Call) -> Reply:
        """Bytes of every proxy, for Prometheus."""
        return Reply(200, metrics.exposition(self._proxies.all()).encode(), metrics.CONTENT_TYPE)

    async def reset(self, call: Call) -> Reply:
        """Enable all proxies and remove all toxics."""
        for proxy in self._proxies.all():
            await self._proxies.start(proxy)
            proxy.remove_toxics()
        return Reply(204)

    async def populate(self, call: Call) -> Reply:
        """Create or replace proxies."""
        proxies, error = await self._proxies.populate(inputs.read_json(call.body))
        shown = [proxy.show() for proxy in proxies]
        if error is None:
            return as_json({"proxies": shown}, 201)
        return as_json(
            {"error": error.message, "status": error.status, "proxies": shown or None}, error.status
        )

    async def faults(self, call: Call) -> Reply:
        """Our own: every kind of fault with the JSON Schema of its attributes."""
        return as_json({name: kind.Attributes.model_json_schema() for name, kind in sorted(kinds().items())})

    # -- proxies

    async def index(self, call: Call) -> Reply:
        """All proxies by name."""
        return as_json({proxy.name: proxy.show() for proxy in self._proxies.all()})

    async def create(self, call: Call) -> Reply:
        """A new proxy."""
        proxy = await self._proxies.create(inputs.read_object(call.body))
        return as_json(proxy.show(), 201)

    async def show(self, call: Call, name: str) -> Reply:
        """One proxy."""
        return as_json(self._proxies.get(name).show())

    async def update(self, call: Call, name: str) -> Reply:
        """Another address, or whether it is enabled."""
        proxy = self._proxies.get(name)
        await self._proxies.update(proxy, inputs.read_object(call.body))
        return as_json(proxy.show())

    async def delete(self, call: Call, name: str) -> Reply:
        """Remove a proxy."""
        self._proxies.remove(self._proxies.get(name))
        return Reply(204)

    async def witness(self, call: Call, name: str) -> Reply:
        """Our own: how often each toxic acted."""
        proxy = self._proxies.get(name)
        return as_json({**proxy.show_witness(), **({"troubles": proxy.troubles} if proxy.troubles else {})})

    async def attempts(self, call: Call, name: str) -> Reply:
        """Our own: the flight recorder."""
        since = parse_qs(call.query).get("since", ["0"])[-1]
        if not since.isdigit():
            raise ApiError("since: a number is expected", 400)
        attempts = self._proxies.get(name).recorder.attempts(int(since))
        return as_json([attempt._asdict() for attempt in attempts])

    async def clear(self, call: Call, name: str) -> Reply:
        """Our own: forget all attempts."""
        self._proxies.get(name).recorder.clear()
        return Reply(204)

    # -- toxics

    async def toxics(self, call: Call, name: str) -> Reply:
        """All toxics of a proxy."""
        return as_json(self._proxies.get(name).show_toxics())

    async def add(self, call: Call, name: str) -> Reply:
        """A new toxic."""
        proxy = self._proxies.get(name)
        return as_json(add_toxic(proxy, inputs.read_object(call.body)).show())

    async def toxic(self, call: Call, name: str, toxic: str) -> Reply:
        """One toxic."""
        return as_json(find(self._proxies.get(name), toxic).show())

    async def change(self, call: Call, name: str, toxic: str) -> Reply:
        """Another toxicity or other attributes."""
        proxy = self._proxies.get(name)
        known = find(proxy, toxic)
        fields = inputs.read_object(call.body)
        toxicity = inputs.number(fields, "toxicity", known.toxicity)
        attributes = inputs.attributes(known.kind.Attributes, fields.get("attributes"), known.attributes)
        proxy.update_toxic(known, toxicity, attributes)
        return as_json(known.show())

    async def remove(self, call: Call, name: str, toxic: str) -> Reply:
        """Remove a toxic."""
        proxy = self._proxies.get(name)
        proxy.remove_toxic(find(proxy, toxic).name)
        return Reply(204)


def add_toxic(proxy: FaultProxy, fields: dict[str, Any]) -> Toxic:
    """A new toxic as described by *fields*.

    Raises:
        ApiError: it is described wrongly, or its name is taken.
    """
    stream = inputs.text(fields, "stream", "downstream").lower()
    type_ = inputs.text(fields, "type")
    toxicity = inputs.number(fields, "toxicity", 1.0)
    name = inputs.text(fields, "name") or f"{type_}_{inputs.text(fields, 'stream', 'downstream')}"
    if stream not in ("upstream", "downstream"):
        raise ApiError("stream was invalid, can be either upstream or downstream", 400)
    kind = kind_named(type_)
    if kind is None:
        raise ApiError("invalid toxic type", 400)
    if name in proxy.toxics:
        raise ApiError("toxic already exists", 409)
    attributes = inputs.attributes(kind.Attributes, fields.get("attributes"))
    return proxy.add_toxic(name, kind, stream, toxicity, attributes)


def find(proxy: FaultProxy, name: str) -> Toxic:
    """The toxic of that name.

    Raises:
        ApiError: there is none.
    """
    toxic = proxy.toxics.get(name)
    if toxic is None:
        raise ApiError("toxic not found", 404)
    return toxic


def as_json(value: Any, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, json.dumps(value).encode())


def error_reply(error: ApiError) -> Reply:
    """An error, under the media type that Toxiproxy gives it."""
    body = json.dumps({"error": error.message, "status": error.status}) + "\n"
    return Reply(error.status, body.encode(), TEXT)
