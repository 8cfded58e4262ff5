"""Addresses of listeners and upstreams as people write them: ``127.0.0.1:9101``, ``:9101``, ``https://host``."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

LOOPBACK = "127.0.0.1"


class AddressError(ValueError):
    """This is no address."""


def split(text: str) -> tuple[str, int]:
    """Host and port of ``host:port``, ``[v6]:port`` or ``:port``.

    Raises:
        AddressError: it is none of these.
    """
    host, colon, port = text.rpartition(":")
    if not colon:
        raise AddressError(f"address {text}: missing port in address")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise AddressError(f"address {text}: invalid port")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise AddressError(f"address {text}: too many colons in address")
    return host.strip("[]"), int(port)


def join(host: str, port: int) -> str:
    """The reverse of `split`."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listening(text: str) -> tuple[str, int]:
    """Where to listen: this machine alone unless another interface is named.

    Raises:
        AddressError: no address, or a name that does not resolve.
    """
    host, port = split(text) if text else ("", 0)
    if not host:
        return LOOPBACK, port
    try:
        ip_address(host)
    except ValueError:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise AddressError(f"lookup {host}: no such host") from None
        host = sorted(infos, key=lambda info: info[0] != socket.AF_INET)[0][4][0]  # type: ignore[assignment]
    return host, port


@dataclass(frozen=True)
class Upstream:
    """Where a proxy passes its bytes on to.

    Attributes:
        text: as written.
        tls: whether to speak TLS to it.
        verify: whether its certificate must be in order.
        ca_file: PEM file of the authorities to trust instead of the system's.
        server_name: the name its certificate must be for, where that is not the host.
    """

    text: str
    tls: bool = False
    verify: bool = True
    ca_file: str | None = None
    server_name: str | None = None

    @classmethod
    def of(cls, text: str, tls: Any = None) -> Upstream:
        """Read an upstream; *tls* is a truth value, or a mapping of `verify`, `ca_file`, `server_name`.

        Raises:
            AddressError: *tls* is neither.
        """
        options = tls if isinstance(tls, dict) else {}
        unknown = set(options) - {"verify", "ca_file", "server_name"}
        if unknown or not isinstance(tls, dict | bool | None):
            raise AddressError("tls: true, false, or some of verify, ca_file, server_name are expected")
        secure = text.lower().startswith(("https://", "tls://")) if tls is None else bool(tls)
        return cls(text, secure, **options)

    def place(self) -> tuple[str, int]:
        """Host and port.

        Raises:
            AddressError: it is no address.
        """
        _, separator, rest = self.text.partition("://")
        if not separator:
            return split(self.text)
        rest = rest.partition("/")[0]
        if ":" not in rest.rpartition("]")[2]:
            rest += ":443" if self.tls else ":80"
        return split(rest)

    def context(self) -> ssl.SSLContext | None:
        """The TLS settings, None for plain TCP.

        Raises:
            OSError: the file of authorities cannot be read.
        """
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        context.set_alpn_protocols(["http/1.1"])
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context
