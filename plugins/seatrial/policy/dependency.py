"""Dependencies: what the target calls (a model provider, a cache), reached through the fault proxy."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator

from seatrial.policy.fields import Flag, Model, Name, wrong

Role = Literal["provider", "cache", "store", "other"]

_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]*):(\d{1,5})")
_CHAT = ("openai-chat", "anthropic-messages", "http-json")


def split_address(text: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``; an empty host is this machine's loopback.

    Raises:
        PydanticCustomError: it is no such address.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found[2]) > 65535:
        raise wrong(f"{text!r} is no address", "write HOST:PORT, such as 127.0.0.1:9101")
    return found[1].strip("[]") or "127.0.0.1", int(found[2])


def _listen(text: str) -> str:
    if not unset(text):
        split_address(text)
    return text


def unset(text: str) -> bool:
    """Whether an address is left to the environment, and the environment was not asked."""
    return "${env:" in text


def _upstream(text: str) -> str:
    if unset(text):
        return text
    if "://" not in text:
        split_address(text)
        return text
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        hint = "write HOST:PORT, or https://HOST: the path stays in the target's own configuration"
        raise wrong(f"{text!r} is no address of a dependency", hint)
    return text


class DependencySpec(Model):
    """Something the target calls, with the fault proxy in between."""

    name: Name
    listen: Annotated[str, AfterValidator(_listen)]
    """Where the fault proxy listens, and the target was told to reach it: HOST:PORT, or ${env:NAME}."""
    upstream: Annotated[str, AfterValidator(_upstream)]
    """Where it really is: HOST:PORT, or https://HOST for one that speaks TLS; or ${env:NAME}."""
    protocol: str = "openai-chat"
    """What it speaks: a chat protocol, http, or tcp."""
    tls: Flag | None = None
    """Whether the proxy speaks TLS to it; by default as its upstream says."""
    role: Role | None = None
    """What it is to the target; a chat protocol makes it a provider."""

    @property
    def kind(self) -> Role:
        """Its role, told or concluded from its protocol."""
        return self.role or ("provider" if self.protocol in _CHAT else "other")

    @property
    def upstream_address(self) -> tuple[str, int, bool]:
        """Host, port, and whether it speaks TLS."""
        if "://" not in self.upstream:
            return (*split_address(self.upstream), bool(self.tls))
        parts = urlsplit(self.upstream)
        secure = parts.scheme == "https" if self.tls is None else self.tls
        return str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80), secure
