"""API keys: who may ask."""

from __future__ import annotations

import hashlib
import hmac

from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import ApiError

ANONYMOUS = "anonymous"


class Keys:
    """The keys that are let in.

    Args:
        keys: none makes an open gateway.
    """

    def __init__(self, keys: tuple[str, ...], defects: Defects) -> None:
        self._digests = [hashlib.sha256(key.encode()).digest() for key in keys]
        self._defects = defects

    def caller(self, authorization: str | None) -> str:
        """A name for the caller that does not reveal the key.

        Args:
            authorization: the request's header.

        Raises:
            ApiError: 401, the key is missing or wrong.
        """
        if not self._digests or self._defects.on("no-authentication"):
            return ANONYMOUS
        scheme, _, key = (authorization or "").partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            raise _unauthorized("You did not provide an API key in the Authorization header (Bearer).")
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
        if not any([hmac.compare_digest(digest, known) for known in self._digests]):
            shown = f" ({key})" if self._defects.on("key-echoed-in-error") else ""
            raise _unauthorized(f"Incorrect API key provided{shown}.")
        return f"key-{digest.hex()[:12]}"


def _unauthorized(message: str) -> ApiError:
    return ApiError(
        401,
        message,
        kind="authentication_error",
        code="invalid_api_key",
        headers={"www-authenticate": "Bearer"},
    )
