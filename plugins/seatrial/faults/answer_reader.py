"""Reads answers as they pass, over httptools (llhttp); in the two ways in which `reader` reads requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import httptools

RawHeaders = list[tuple[bytes, bytes]]


class AnswerReader:
    """Reads an upstream's answers.

    Args:
        owner: told of informational answers, heads, bodies and ends (`informational`, `answer_head`,
            `answer_body`, `answer_end`), and asked for `head_only`.

    Attributes:
        idle: whether no answer has begun since the last was complete.
        headed: whether the head of the answer at hand is complete.
        headers: of the answer at hand, where it is read in full.
    """

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        self.headed = False
        self.headers: RawHeaders = []
        self._few: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []
        self.idle = True
        self._quick: Any = None
        self._full: Any = None
        self._parser: Any = None

    def feed(self, data: bytes, *, full: bool) -> None:
        """More bytes from the upstream; *full* says how an answer that begins here is read.

        Raises:
            httptools.HttpParserError: this is no HTTP/1.1.
            httptools.HttpParserUpgrade: another protocol is spoken from here on.
        """
        if self.idle:
            self._choose(full)
        self._parser.feed_data(data)
        if self._parts:
            self._pass_parts()

    def renew(self) -> None:
        """Begin anew, as on a fresh connection."""
        self.headed = False
        self.idle = True
        self._quick = self._full = None
        self.headers = []
        self._parts.clear()

    @property
    def status(self) -> int:
        return int(self._parser.get_status_code())

    @property
    def version(self) -> str:
        return str(self._parser.get_http_version())

    @property
    def until_close(self) -> bool:
        """Whether only the end of the connection ends the body at hand."""
        return is_endless(self._all())

    @property
    def is_event_stream(self) -> bool:
        """Whether the answer at hand is a stream of server-sent events."""
        kind = self._few.get(b"content-type") or self._few.get(b"Content-Type")
        if kind is None:
            kind = next((value for name, value in self._all() if name.lower() == b"content-type"), b"")
        return kind[:17].lower() == b"text/event-stream"

    # -- inside

    def _all(self) -> Iterable[tuple[bytes, bytes]]:
        return self.headers or self._few.items()

    def _choose(self, full: bool) -> None:
        if full:
            if self._full is None:
                callbacks = self._callbacks(self._on_header, self._owner.answer_body)
                self._full = httptools.HttpResponseParser(callbacks)
            self._parser = self._full
        else:
            if self._quick is None:
                callbacks = self._callbacks(self._few.__setitem__, self._parts.append)
                self._quick = httptools.HttpResponseParser(callbacks)
            self._parser = self._quick

    def _callbacks(
        self, on_header: Callable[[bytes, bytes], None], on_body: Callable[[bytes], None]
    ) -> SimpleNamespace:
        return SimpleNamespace(
            on_message_begin=self._on_message_begin,
            on_header=on_header,
            on_headers_complete=self._on_headers_complete,
            on_body=on_body,
            on_message_complete=self._on_message_complete,
        )

    def _pass_parts(self) -> None:
        parts = self._parts
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        parts.clear()
        self._owner.answer_body(body)

    # -- the parser's side

    def _on_message_begin(self) -> None:
        self.idle = False
        self.headers = []
        self._few.clear()

    def _on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def _on_headers_complete(self) -> None:
        if self._parser.get_status_code() < 200:
            return
        self.headed = True
        self._owner.answer_head()
        if self._owner.head_only:  # llhttp would wait for a body that does not come
            self._quick = self._full = None
            self._on_message_complete()

    def _on_message_complete(self) -> None:
        self.idle = True
        if not self.headed:
            self._owner.informational()
            return
        if self._parts:
            self._pass_parts()
        self.headed = False
        self._owner.answer_end()


def is_endless(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether only the end of the connection ends the body."""
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-length" or (
            lower == b"transfer-encoding" and value.lower().endswith(b"chunked")
        ):
            return False
    return True
