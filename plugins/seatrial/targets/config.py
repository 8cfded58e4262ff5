"""What is known of a target before the first byte: address, protocol, key, bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from seatrial.core.errors import UsageError
from seatrial.targets.secret import Redactor, Secret
from seatrial.targets.sse import MAX_EVENT

# Headers whose value is a credential even where the policy wrote it as plain text.
CREDENTIALS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token"}
)
TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True)
class Timeouts:
    """Bounds on waiting, in seconds.

    Attributes:
        connect: name lookup, TCP and TLS together.
        first_byte: from the request's last byte to the answer's first.
        idle: between two reads of the answer.
        total: from sending to the last byte, whatever trickles in between.
    """

    connect: float = 5.0
    first_byte: float = 60.0
    idle: float = 30.0
    total: float = 300.0

    def __post_init__(self) -> None:
        for name in ("connect", "first_byte", "idle", "total"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise UsageError(
                    f"a timeout must be a positive number of seconds, not {value}", where=f"timeouts.{name}"
                )


@dataclass(frozen=True)
class Tls:
    """How the target's certificate is checked.

    Attributes:
        verify: False accepts any certificate: for a test bed, never for a release.
        ca_file: PEM file of the authorities to trust instead of the system's.
        server_name: the name the certificate must carry, where it is not the uri's.
    """

    verify: bool = True
    ca_file: str | None = None
    server_name: str | None = None


@dataclass(frozen=True)
class HttpJson:
    """How to ask a REST model that has no protocol of its own.

    Attributes:
        method, path: of the request; the path is relative to the target's uri.
        headers: beside those of the target.
        body: the request's JSON, as a value or as its text, with ``{{prompt}}``, ``{{messages}}``,
            ``{{model}}``, ``{{max_tokens}}``, ``{{stream}}`` or any of the prompt's params as placeholders.
        answer: JSONPath of the answer's text (``$.outputs[0].text``); None takes the whole body.
        finish_reason, model, input_tokens, output_tokens: JSONPaths of these facts, where there are any.
        error: JSONPath of an error inside a 200 answer; where it finds something the exchange failed.
        end: the data that ends a stream of events; a stream without it is truncated. None asks for none.
    """

    method: str = "POST"
    path: str = ""
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    body: Any = None
    answer: str | None = None
    finish_reason: str | None = None
    model: str | None = None
    input_tokens: str | None = None
    output_tokens: str | None = None
    error: str | None = None
    end: str | None = None


class Address(NamedTuple):
    """A uri taken apart. `base` has no slash at its end; `query` begins with ``?`` or is empty."""

    tls: bool
    host: str
    port: int
    base: str
    query: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == (443 if self.tls else 80) else f"{name}:{self.port}"


@dataclass(frozen=True)
class TargetConfig:
    """A target, as a policy or a test names it.

    Attributes:
        uri: base address, for chat protocols up to and including ``/v1``.
        api_key: sent the way the protocol sends keys.
        headers: sent with every request; a `Secret` value is revealed on the wire only.
        max_body: largest body accepted, in bytes; what comes beyond ends the exchange with `too-large`.
        max_event: largest single server-sent event, in characters.
        capabilities: optional abilities that the policy lists, and that are therefore judged.
        health: path of the health endpoint, from the root of the host.

    Raises:
        UsageError: a uri, header or key that cannot be sent as it stands.
    """

    name: str = "target"
    protocol: str = "openai-chat"
    uri: str = ""
    model: str | None = None
    api_key: Secret | None = None
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    timeouts: Timeouts = field(default_factory=Timeouts)
    tls: Tls = field(default_factory=Tls)
    http_json: HttpJson | None = None
    max_body: int = 16 << 20
    max_event: int = MAX_EVENT
    capabilities: frozenset[str] = frozenset()
    health: str | None = None

    def __post_init__(self) -> None:
        if self.api_key is not None:  # a plain text is hidden as soon as it comes in
            object.__setattr__(self, "api_key", Secret(self.api_key))
        hidden = {
            name: Secret(value) if isinstance(value, str) and name.lower() in CREDENTIALS else value
            for name, value in self.headers.items()
        }
        object.__setattr__(self, "headers", hidden)
        if self.api_key is not None:
            check_header("api_key", self.api_key, f"target {self.name!r}")
        for name, value in hidden.items():
            check_header(name, value, f"target {self.name!r} headers")
        _ = self.address

    @cached_property
    def address(self) -> Address:
        """The uri, taken apart."""
        return parse_uri(self.uri, f"target {self.name!r} uri")

    @cached_property
    def redactor(self) -> Redactor:
        """Hides this target's secrets in any text."""
        values: list[Secret | None] = [self.api_key]
        options = self.http_json.headers if self.http_json else {}
        for name, value in (*self.headers.items(), *options.items()):
            if isinstance(value, Secret):
                values.append(value)
            elif name.lower() in CREDENTIALS:
                values.append(Secret(value))
        # A header holds `Bearer <key>` in one value: the key alone must not show either.
        bare = [
            Secret(value.reveal().split()[-1]) for value in values if value and " " in value.reveal().strip()
        ]
        return Redactor([*values, *bare])

    def with_(self, **changes: Any) -> TargetConfig:
        """A copy with some fields changed."""
        return replace(self, **changes)


def parse_uri(uri: str, where: str) -> Address:
    """Take an http(s) address apart.

    Raises:
        UsageError: no scheme, no host, a port out of range, credentials inside, or characters no uri has.
    """
    if any(char <= " " or char == "\x7f" for char in uri):
        raise UsageError("the uri holds blanks or control characters", where=where)
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{uri!r} is not a uri ({error})", where=where) from None
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "the uri holds credentials", where=where, hint="name the key as apiKey or a header instead"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(
            f"{uri!r} is not an http(s) address", where=where, hint="for example http://127.0.0.1:8000/v1"
        )
    if parts.fragment:
        raise UsageError(
            "the uri has a fragment, which is never sent", where=where, hint="drop the part from # on"
        )
    return _address(parts, port, where)


def _address(parts: SplitResult, port: int | None, where: str) -> Address:
    host = parts.hostname or ""
    try:
        host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise UsageError(f"{host!r} is not a host name", where=where) from None
    if not parts.path.isascii() or not parts.query.isascii():
        raise UsageError(
            "the uri's path holds characters beyond ASCII", where=where, hint="quote them as %XX"
        )
    tls = parts.scheme == "https"
    query = f"?{parts.query}" if parts.query else ""
    return Address(tls, host, port or (443 if tls else 80), parts.path.rstrip("/"), query)


def check_header(name: str, value: str | Secret, where: str) -> None:
    """Refuse a header that would smuggle another line into the request; its value is never quoted.

    Raises:
        UsageError: the name is no token, or the value holds line ends, NUL or characters beyond Latin-1.
    """
    if not name or not TOKEN.issuperset(name):
        raise UsageError(f"{name!r} is not a header name", where=where, hint="letters, digits and - only")
    text = value.reveal() if isinstance(value, Secret) else value
    if not isinstance(text, str) or any(
        (char < " " and char != "\t") or char == "\x7f" or char > "\xff" for char in text
    ):
        raise UsageError(
            f"the value of {name} holds a line end, a control character or one beyond Latin-1",
            where=where,
            hint="is there a newline at the end of the key's file or variable?",
        )
