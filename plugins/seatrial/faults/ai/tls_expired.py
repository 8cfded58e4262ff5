"""``tls.expired``: whoever calls over TLS is shown a certificate that has expired, or is wrong otherwise.

The proxy takes the place of the upstream on connections that are hit and speaks TLS itself. A caller sees the
very fault only where it trusts the authority (``ca_file``); else it stumbles over that first.

Seen in public: FunASR#2709, kserve#4304.
"""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path
from typing import Literal

from seatrial.faults.actions import ConnectItems, Tls
from seatrial.faults.authority import Authority
from seatrial.faults.base import ConnectionFault
from seatrial.faults.registry import register
from seatrial.faults.when import When
from seatrial.policy.fields import PositiveDuration

DAY = 86400.0


class Attributes(When):
    """What is wrong with the certificate, and who signed it."""

    how: Literal["expired", "not_yet_valid", "wrong_name"] = "expired"
    """``expired``: it was valid until ``since`` ago; ``not_yet_valid``: it will be;
    ``wrong_name``: it is another's."""
    since: PositiveDuration = DAY
    """How long ago it expired, or how far ahead it begins; 1d where nothing is said."""
    host: str = "localhost"
    """Name or address that the certificate is for; 127.0.0.1 is always among them, but for ``wrong_name``."""
    ca_file: Path | None = None
    """PEM file with certificate and key of the authority that signs; see `Authority.save`. Without one, an
    authority is made that nobody knows."""


@register
class TlsExpired(ConnectionFault[Attributes]):
    """The certificate has expired, is not valid yet, or is somebody else's."""

    type = "tls.expired"

    def on_connect(self) -> ConnectItems | None:
        return [Tls(context(self.attributes))]


@lru_cache(maxsize=32)
def context(wanted: Attributes) -> ssl.SSLContext:
    """What the proxy speaks TLS with; made once for the same wishes.

    Raises:
        UsageError: the authority's file cannot be read.
    """
    authority = Authority.load(wanted.ca_file) if wanted.ca_file else Authority.make()
    begin, end = {
        "expired": (-wanted.since - 30 * DAY, -wanted.since),
        "not_yet_valid": (wanted.since, wanted.since + 30 * DAY),
        "wrong_name": (-DAY, 30 * DAY),
    }[wanted.how]
    names = ["wrong.invalid"] if wanted.how == "wrong_name" else [wanted.host, "127.0.0.1"]
    return authority.context(names, begin, end)
