"""Reads requests as they pass, over httptools (llhttp).

Most messages only pass: for them headers go straight into a dict and bodies straight into a list, without a
call into Python for each. Those that a fault may look at are read in full, with every header in its place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from time import monotonic as clock
from types import SimpleNamespace
from typing import Any

import httptools

from seatrial.faults.glance import Template, template
from seatrial.faults.message import KEY_HEADERS, TENANT_HEADERS, Headers, Request, key_hash
from seatrial.faults.recorder import Flight, Recorder, hash_of, hashed

MAX_KEPT = 1 << 20
"""Bytes of a request's body that are kept while it only passes; the hash covers all of them."""

ROLES: dict[bytes, str | None] = {
    **{name.encode(): "tenant" for name in TENANT_HEADERS},
    **{name.encode(): "key" for name in KEY_HEADERS},
    b"idempotency-key": "idempotency",
    b"x-idempotency-key": "idempotency",
}
"""What a header tells about who asks, and for what; spellings that were seen are added."""
MAX_ROLES = 4096
UPGRADE = re.compile(rb"\r\n[Uu](?:pgrade|PGRADE):")
MASK = b"x-pgrad"
"""Stands for Upgrade while a request is parsed: the parser would take the body for another protocol, although
the upstream may decline. Where it accepts, its 101 tells."""
NEVER = b"\0"  # no JSON begins so
MAX_TRIES = 16
"""Heads of one connection that are learnt, in the hope that the next one is the same."""
MODEL_FIRST = re.compile(rb'\s*\{\s*"model"\s*:\s*"([^"\\]*)"')

RawHeaders = list[tuple[bytes, bytes]]


class RequestReader:
    """Reads a caller's requests.

    Args:
        recorder: told of each request as it begins.
        headed: called when a request's head is complete.
        complete: called with each complete request's flight.

    Attributes:
        idle: whether no request has begun since the last was complete.
        holding: whether the present request must be kept whole; to be set while idle.
        flight: of the request at hand, or the last one.
    """

    def __init__(
        self, recorder: Recorder, headed: Callable[[], None], complete: Callable[[Flight], None]
    ) -> None:
        self._recorder = recorder
        self._headed = headed
        self._complete = complete
        self.idle = True
        self.holding = False
        self.served = 0
        self.flight: Flight | None = None
        self.headers: RawHeaders = []
        self._few: dict[bytes, bytes] = {}
        self._url = b""
        self._parts: list[bytes] = []
        self._folded = 0
        self._hash: Any = None
        self._quick: Any = None
        self._full: Any = None
        self._parser: Any = None
        self._begun_with = b""
        self._template: Template | None = None
        self._tries = 0
        self._model: tuple[bytes, str | None] | None = None

    def feed(self, data: bytes) -> None:
        """More bytes from the caller.

        Raises:
            httptools.HttpParserError: this is no HTTP/1.1.
        """
        if self.idle:
            self._choose()
            if b"pgrade" in data or b"PGRADE" in data:
                data = UPGRADE.sub(b"\r\n%b:" % MASK, data)
            self._begun_with = data
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._quick = self._full = None
        if not self.idle and not self.holding:
            self._fold()

    def glance(self, data: bytes) -> Flight | None:
        """The flight of *data*, where that is one whole request with the same head as one before.

        Only to be asked while `idle`, of a request that is not to be held.
        """
        template = self._template
        body = template.body(data) if template is not None else None
        if template is None or body is None:
            return None
        self.flight = flight = self._recorder.begin(clock())
        flight.method, flight.path, flight.tenant = template.method, template.path, template.tenant
        flight.head_only = template.method == "HEAD"
        flight.request_bytes = len(body)
        flight.body_hash = hashlib.sha256(template.hashed + body).digest()
        if self._model is None or not body.startswith(self._model[0]):
            first = MODEL_FIRST.match(body)
            self._model = (first[0], model_of(body)) if first else (NEVER, model_of(body))
        flight.model = self._model[1]
        self.served += 1
        return flight

    def take(self, flight: Flight) -> Request:
        """The request that has just been completed, with every header."""
        headers: Headers = tuple(
            ("upgrade" if name == MASK else name.decode("latin-1"), value.decode("latin-1"))
            for name, value in self.headers
        )
        return Request(
            number=flight.number,
            method=flight.method,
            target=self._url.decode("latin-1"),
            headers=headers,
            body=b"".join(self._parts),
            served=self.served,
            received=flight.started,
            version=self._parser.get_http_version(),
            tenant=flight.tenant,
        )

    @property
    def keep_alive(self) -> bool:
        """Whether the caller wants to go on after this request."""
        return bool(self._parser.should_keep_alive())

    @property
    def size(self) -> int:
        """Bytes of the body up to now."""
        return self._folded + sum(map(len, self._parts))

    # -- inside

    def _learn(self, flight: Flight) -> None:
        """The next request may have the same head; one that is learnt in vain is not learnt for ever."""
        if self._tries < MAX_TRIES and flight.idempotency_key is None:
            self._tries += 1
            self._template = template(self._begun_with, flight.method, flight.path, flight.tenant)

    def _choose(self) -> None:
        if self.holding:
            if self._full is None:
                self._full = httptools.HttpRequestParser(self._callbacks(self._on_header))
            self._parser = self._full
        else:
            if self._quick is None:
                self._quick = httptools.HttpRequestParser(self._callbacks(self._few.__setitem__))
            self._parser = self._quick

    def _callbacks(self, on_header: Callable[[bytes, bytes], None]) -> SimpleNamespace:
        return SimpleNamespace(
            on_message_begin=self._on_message_begin,
            on_url=self._on_url,
            on_header=on_header,
            on_headers_complete=self._on_headers_complete,
            on_body=self._parts.append,
            on_message_complete=self._on_message_complete,
        )

    def _fold(self) -> None:
        """A large body that only passes is hashed as it comes."""
        parts = self._parts
        if self._hash is None and len(parts) * 1024 + self._folded < MAX_KEPT and self.size < MAX_KEPT:
            return
        flight = self.flight
        if flight is None or not flight.method:
            return
        if self._hash is None:
            self._hash = hashlib.sha256(hashed(flight.method, flight.path))
            flight.model = model_of(b"".join(parts))
        for part in parts:
            self._hash.update(part)
            self._folded += len(part)
        parts.clear()

    # -- the parser's side

    def _on_message_begin(self) -> None:
        self.idle = False
        self._url = b""
        self.headers = []
        self._few.clear()
        self._parts.clear()
        self._hash = None
        self._folded = 0
        self.flight = self._recorder.begin(clock())

    def _on_url(self, url: bytes) -> None:
        self._url += url

    def _on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def _on_headers_complete(self) -> None:
        flight: Any = self.flight
        flight.method = method = self._parser.get_method().decode()
        path = self._url.decode("latin-1")
        flight.path = path.partition("?")[0] if "?" in path else path
        flight.head_only = method == "HEAD"
        flight.tenant, flight.idempotency_key = asker(self.headers if self.holding else self._few.items())
        self._headed()

    def _on_message_complete(self) -> None:
        flight: Any = self.flight
        if self._hash is not None:
            self._fold()
            flight.request_bytes = self._folded
            flight.body_hash = self._hash.digest()
        else:
            parts = self._parts
            body = parts[0] if len(parts) == 1 else b"".join(parts)
            flight.request_bytes = len(body)
            flight.body_hash = hash_of(flight.method, flight.path, body)
            flight.model = model_of(body)
            if not self.holding:
                self._learn(flight)
        self.idle = True
        flight.keep()
        self._complete(flight)
        self.served += 1


def asker(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str | None, str | None]:
    """Who asks (a tenant header's value, else what stands for the caller's key), and the idempotency key."""
    key = tenant = idempotency = None
    for name, value in headers:
        try:
            role = ROLES[name]
        except KeyError:
            role = _new_role(name)
        if role is None:
            continue
        if role == "tenant":
            tenant = tenant or value.decode("latin-1")
        elif role == "idempotency":
            idempotency = value.decode("latin-1")
        elif key is None:
            key = value
    if tenant is None and key:
        tenant = key_hash(key.decode("latin-1"))
    return tenant, idempotency


def _new_role(name: bytes) -> str | None:
    role = ROLES.get(name.lower())
    if len(ROLES) < MAX_ROLES:
        ROLES[name] = role
    return role


def model_of(body: bytes) -> str | None:
    """The model that a JSON body asks for."""
    first = MODEL_FIRST.match(body)
    if first:
        return first[1].decode("utf-8", "replace")
    if b'"model"' not in body:
        return None
    return Request(0, "", "", (), body).model
