"""Messages that can be told at a glance: whole in one piece of data, and framed by a content-length.

Reading every message with a parser costs more than passing it on. Most of those that only pass are of this
kind, and callers send the same head again and again; all others are left to `seatrial.faults.reader`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from seatrial.faults import framing
from seatrial.faults.recorder import hashed

LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: ?(\d{1,15})\r\n")
MAX_HEAD = 16 << 10


def whole_answer(data: bytes) -> tuple[int, int] | None:
    """Status and length of the body, where *data* is one whole answer that is no stream of events."""
    if not data.startswith(b"HTTP/1.1 "):
        return None
    end = data.find(b"\r\n\r\n", 0, MAX_HEAD)
    length = LENGTH.search(data, 0, end + 2) if end > 0 else None
    if length is None or data.find(b"ransfer-", 0, end) > 0 or data.find(b"event-stream", 0, end) > 0:
        return None
    size = int(length[1])
    if len(data) != end + 4 + size or not data[9:12].isdigit():
        return None
    status = int(data[9:12])
    return (status, size) if status >= 200 and status not in framing.NO_BODY else None


class Template(NamedTuple):
    """A request's head up to and behind the digits of its content-length, and what it says.

    Attributes:
        hashed: what its attempt's hash begins with.
    """

    before: bytes
    behind: bytes
    method: str
    path: str
    tenant: str | None
    hashed: bytes

    def body(self, data: bytes) -> bytes | None:
        """The body, where *data* is one whole request with this head and whatever content-length."""
        before = self.before
        if not data.startswith(before):
            return None
        start = len(before)
        end = data.find(b"\r", start, start + 16)
        digits = data[start:end]
        if not digits.isdigit() or not data.startswith(self.behind, end):
            return None
        start = end + len(self.behind)
        return data[start:] if len(data) - start == int(digits) else None


def template(data: bytes, method: str, path: str, tenant: str | None) -> Template | None:
    """The template of *data*, which was read as one whole request; None where it has no plain framing."""
    end = data.find(b"\r\n\r\n", 0, MAX_HEAD)
    length = LENGTH.search(data, 0, end + 2) if end > 0 else None
    if length is None or len(data) != end + 4 + int(length[1]):
        return None
    head = data[:end].lower()
    if b"transfer-encoding" in head or b"upgrade" in head or head.count(b"content-length") != 1:
        return None
    before, behind = data[: length.start(1)], data[length.end(1) : end + 4]
    return Template(before, behind, method, path, tenant, hashed(method, path))
