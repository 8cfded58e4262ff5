"""From a wire request to the bytes of HTTP/1.1, with nothing in them that could smuggle another line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from seatrial import __version__
from seatrial.core.errors import UsageError
from seatrial.targets.config import TOKEN, Address, TargetConfig, check_header
from seatrial.targets.secret import Secret
from seatrial.targets.wire import AnswerReader, WireProtocol, WireRequest

HeaderValue = str | Secret | None


class Prepared(NamedTuple):
    """A request as bytes, made once and sent as often as wanted."""

    data: bytes
    reader: Callable[[], AnswerReader]
    head_only: bool

    def __repr__(self) -> str:  # the bytes hold the key
        return f"Prepared({len(self.data)} bytes)"


def request_bytes(
    config: TargetConfig,
    protocol: WireProtocol,
    request: WireRequest,
    extra: Mapping[str, HeaderValue],
    api_key: Secret | None,
) -> bytes:
    """The request as it goes on the wire. Of two headers with one name the later wins: ours, the protocol's,
    the key's, the target's, *extra*; None as a value drops the header.

    Raises:
        UsageError: a method, path or header that cannot be sent safely; values are never quoted.
    """
    where = f"target {config.name!r} request"
    if not request.method or not TOKEN.issuperset(request.method):
        raise UsageError(f"{request.method!r} is not an HTTP method", where=where)
    lines = [f"{request.method} {_path(config.address, request.path, where)} HTTP/1.1"]
    headers = _headers(config, request)
    if api_key:
        headers |= dict(protocol.authorize(api_key))
    for given in (config.headers, extra):
        headers |= {name.lower(): value for name, value in given.items()}
    for name, value in headers.items():
        if value is not None:
            check_header(name, value, where)
            lines.append(f"{name}: {value.reveal() if isinstance(value, Secret) else value}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + request.body


def _headers(config: TargetConfig, request: WireRequest) -> dict[str, HeaderValue]:
    headers: dict[str, HeaderValue] = {
        "host": config.address.authority,
        "user-agent": f"seatrial/{__version__}",
        "accept-encoding": "identity",
    }
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        headers["content-length"] = str(len(request.body))
    return headers | {name.lower(): value for name, value in request.headers}


def _path(address: Address, path: str, where: str) -> str:
    """The path in full; the uri's own query stays with paths relative to it."""
    if not path.startswith("/"):
        path = (f"{address.base}/{path}" if path else address.base) or "/"
        path += address.query if "?" not in path else address.query.replace("?", "&", 1)
    if not path.isascii() or not path.isprintable() or " " in path:
        raise UsageError(f"{path!r} is not a path that can be sent", where=where, hint="quote it as %XX")
    return path
