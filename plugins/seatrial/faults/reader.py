"""Reads requests and answers as they pass, over httptools (llhttp)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from time import monotonic as clock
from typing import Any

import httptools

from seatrial.faults.message import KEY_HEADERS, TENANT_HEADERS, Headers, Request, key_hash
from seatrial.faults.recorder import Flight, Recorder, hash_of

MAX_KEPT = 1 << 20
"""Bytes of a request's body that are kept while it only passes; the hash covers all of them."""

TENANTS = tuple(name.encode() for name in TENANT_HEADERS)
KEYS = tuple(name.encode() for name in KEY_HEADERS)
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
        holding: whether the present request must be kept whole.
    """

    def __init__(
        self, recorder: Recorder, headed: Callable[[], None], complete: Callable[[Flight], None]
    ) -> None:
        self._recorder = recorder
        self._headed = headed
        self._complete = complete
        self.idle = True
        self.holding = False
        self.size = 0
        self.served = 0
        self.flight: Flight | None = None
        self._url = b""
        self.headers: RawHeaders = []
        self._parts: list[bytes] = []
        self._hash: Any = None
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> None:
        """More bytes from the caller.

        Raises:
            httptools.HttpParserError: this is no HTTP/1.1.
        """
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # An offer that the upstream may decline; where it accepts, its 101 tells.
            self._parser = httptools.HttpRequestParser(self)

    def take(self, number: int, received: float) -> Request:
        """The request that has just been completed."""
        headers: Headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers
        )
        return Request(
            number=number,
            method=self.method,
            target=self._url.decode("latin-1"),
            headers=headers,
            body=self.body,
            served=self.served,
            received=received,
            version=self._parser.get_http_version(),
            tenant=tenant_of(self.headers),
        )

    @property
    def method(self) -> str:
        return self._parser.get_method().decode()

    @property
    def keep_alive(self) -> bool:
        """Whether the caller wants to go on after this request."""
        return bool(self._parser.should_keep_alive())

    @property
    def body(self) -> bytes:
        parts = self._parts
        return parts[0] if len(parts) == 1 else b"".join(parts)

    # -- the parser's side

    def on_message_begin(self) -> None:
        self.idle = False
        self.size = 0
        self._url = b""
        self.headers = []
        self._parts = []
        self._hash = None
        self.flight = self._recorder.begin(clock())

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        flight = self.flight
        assert flight is not None
        flight.method = self.method
        flight.path = self._url.partition(b"?")[0].decode("latin-1")
        flight.head_only = flight.method == "HEAD"
        flight.tenant = tenant_of(self.headers)
        self._headed()

    def on_body(self, data: bytes) -> None:
        self.size += len(data)
        if self._hash is not None:
            self._hash.update(data)
            return
        self._parts.append(data)
        if self.size > MAX_KEPT and not self.holding:
            flight = self.flight
            assert flight is not None
            self._hash = hashlib.sha256(f"{flight.method} {flight.path}\n".encode())
            self._hash.update(self.body)

    def on_message_complete(self) -> None:
        flight = self.flight
        assert flight is not None
        body = self.body
        flight.request_bytes = self.size
        flight.body_hash = self._hash.digest() if self._hash else hash_of(flight.method, flight.path, body)
        flight.model = model_of(body)
        self.idle = True
        self._complete(flight)
        self.served += 1


class AnswerReader:
    """Reads an upstream's answers.

    Args:
        owner: told of informational answers, heads, bodies and ends.
    """

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        self.headers: RawHeaders = []
        self.until_close = False
        self.headed = False
        self.on_body = owner.answer_body
        self._parser = httptools.HttpResponseParser(self)
        self._stale = False

    def feed(self, data: bytes) -> None:
        """More bytes from the upstream.

        Raises:
            httptools.HttpParserError: this is no HTTP/1.1.
            httptools.HttpParserUpgrade: another protocol is spoken from here on.
        """
        if self._stale:
            self.renew()
        self._parser.feed_data(data)

    def renew(self) -> None:
        """Begin anew, as on a fresh connection."""
        self._stale = self.headed = False
        self.headers = []
        self._parser = httptools.HttpResponseParser(self)

    @property
    def status(self) -> int:
        return int(self._parser.get_status_code())

    @property
    def version(self) -> str:
        return str(self._parser.get_http_version())

    # -- the parser's side

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.status < 200:
            return
        self.headed = True
        self.until_close = is_endless(self.headers)
        self._owner.answer_head()
        if self._owner.head_only:  # llhttp waits for a body that does not come
            self._stale = True
            self._end()

    def on_message_complete(self) -> None:
        if self.headed:
            self._end()
        else:
            self._owner.informational()
            self.headers = []

    def _end(self) -> None:
        self.headed = False
        self.headers = []
        self._owner.answer_end()


def is_endless(headers: RawHeaders) -> bool:
    """Whether only the end of the connection ends the body."""
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-length" or (
            lower == b"transfer-encoding" and value.lower().endswith(b"chunked")
        ):
            return False
    return True


def is_event_stream(headers: RawHeaders) -> bool:
    """Whether the body is a stream of server-sent events."""
    for name, value in headers:
        if len(name) == 12 and name.lower() == b"content-type":
            return value[:17].lower() == b"text/event-stream"
    return False


def tenant_of(headers: RawHeaders) -> str | None:
    """Who asks: the value of a tenant header, else what stands for the caller's key."""
    key = None
    for name, value in headers:
        lower = name.lower()
        if lower in TENANTS:
            return value.decode("latin-1")
        if key is None and lower in KEYS:
            key = value
    return key_hash(key.decode("latin-1")) if key else None


def model_of(body: bytes) -> str | None:
    """The model that a JSON body asks for."""
    first = MODEL_FIRST.match(body)
    if first:
        return first[1].decode("utf-8", "replace")
    if b'"model"' not in body:
        return None
    return Request(0, "", "", (), body).model
