"""What a fault may do: the vocabulary its hooks answer in.

A hook that answers None leaves everything as it is. Every other answer is an act, and counts as a hit.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from seatrial.faults.message import Head

FOREVER = inf


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing happens for *seconds* (`FOREVER`: until the caller leaves or the fault is removed).

    *owner*, the toxic that asks for it, is filled in by the proxy.
    """

    seconds: float
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Respond:
    """The proxy answers itself; the upstream never hears of the request.

    Args:
        status: HTTP status.
        headers: names and values; the framing (content-length, transfer-encoding) is added.
        body: one body with a content-length, or the pieces of a chunked one.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | tuple[bytes, ...] = b""


@dataclass(frozen=True, slots=True)
class Swallow:
    """The request is never answered and never passed on; the connection stays open.

    When the fault is removed, the connection is reset.
    """

    owner: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """The answer ends here in good order as far as HTTP can tell; what the upstream still says is dropped."""


@dataclass(frozen=True, slots=True)
class Close:
    """The connection is closed here (FIN), in the middle of whatever was being said."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset here (RST)."""


@dataclass(frozen=True, slots=True)
class Tls:
    """The proxy speaks TLS on this connection, as a server with this *context*."""

    context: ssl.SSLContext


Action = Pause | End | Close | Reset
"""What may stand between two pieces of an answer."""

RequestItems = Iterable[Pause | Respond | Swallow | Close | Reset]
HeadItems = Iterable[Head | Action]
BodyItems = Iterable[bytes | Action]
ConnectItems = Iterable[Pause | Tls | Close | Reset]
