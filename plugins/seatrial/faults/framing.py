"""Heads and bodies of HTTP/1.1 as bytes (RFC 9112)."""

from __future__ import annotations

from http import HTTPStatus

from seatrial.faults.message import Head, Headers, Request

MAX_HELD = 4 << 20
"""Bytes of a request, or of a body that is wanted whole, that are held back; larger ones pass as they are."""
LAST_CHUNK = b"0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NO_BODY = (204, 304)
"""Statuses of answers without a body, beside 1xx."""
FRAMING = ("content-length", "transfer-encoding")


def reason(status: int) -> str:
    """The reason phrase of a status; 529 is Anthropic's own."""
    if status == 529:
        return "Overloaded"
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def lines(headers: Headers) -> str:
    """Header lines and the blank line behind them."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"


def request_bytes(request: Request, *, plain: bool) -> bytes:
    """A request as it goes to the upstream.

    Args:
        request: complete with its body.
        plain: ask for an answer without content coding, so that faults can read it.
    """
    kept: list[tuple[str, str]] = []
    chunked = False
    for name, value in request.headers:
        lower = name.lower()
        if lower == "expect":
            continue
        if lower == "transfer-encoding":
            chunked = True
        if plain and lower == "accept-encoding":
            value = "identity"
        kept.append((name, value))
    head = f"{request.method} {request.target} HTTP/{request.version}\r\n{lines(tuple(kept))}"
    body = request.body
    if chunked:
        body = (chunk(body) if body else b"") + LAST_CHUNK
    return head.encode("latin-1") + body


def head_bytes(head: Head) -> bytes:
    """The head of an answer."""
    phrase = head.reason or reason(head.status)
    return f"HTTP/{head.version} {head.status} {phrase}\r\n{lines(head.headers)}".encode("latin-1")


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def is_chunked(head: Head) -> bool:
    """Whether the body comes in chunks."""
    return (head.header("transfer-encoding") or "").lower().endswith("chunked")


def unframed(head: Head) -> Head:
    """The head without a word about the body's length."""
    return head.without_header("content-length").without_header("transfer-encoding")


def answer_bytes(
    status: int, headers: Headers, body: bytes | tuple[bytes, ...], *, keep_alive: bool, head_only: bool
) -> bytes:
    """A whole answer of our own."""
    own = tuple((name, value) for name, value in headers if name.lower() not in FRAMING)
    if not keep_alive:
        own = (*own, ("connection", "close"))
    if isinstance(body, tuple):
        framing, data = (
            ("transfer-encoding", "chunked"),
            b"".join(map(chunk, filter(None, body))) + LAST_CHUNK,
        )
    else:
        framing, data = ("content-length", str(len(body))), body
    if status < 200 or status in NO_BODY:
        return head_bytes(Head(status, own))
    return head_bytes(Head(status, (*own, framing))) + (b"" if head_only else data)
