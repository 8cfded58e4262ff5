"""``http.status``: the provider answers with an error, in the shape it is known by.

Shapes: the error objects of OpenAI's and Anthropic's public API references. Retry-After: RFC 9110, 10.2.3.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from math import ceil
from typing import Any, Literal

from pydantic import Field

from seatrial.faults.actions import RequestItems, Respond
from seatrial.faults.base import AiFault
from seatrial.faults.registry import register
from seatrial.faults.when import When
from seatrial.policy.fields import Duration

Shape = Literal["openai", "anthropic", "generic"]

OPENAI = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
}
ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class Attributes(When):
    """Which error it is."""

    status: int = Field(default=503, ge=200, le=599)
    """The HTTP status, such as 429, 503, 529."""
    retry_after: Duration | None = None
    """What Retry-After asks for; no such header where nothing is said."""
    retry_after_form: Literal["seconds", "date"] = "seconds"
    """Retry-After as a number of seconds or as a date."""
    shape: Literal["auto", "openai", "anthropic", "generic"] = "auto"
    """Whose error body it is; ``auto`` goes by the request's path."""
    message: str | None = None
    """The error's message."""


@register
class HttpStatus(AiFault[Attributes]):
    """The provider answers with an error status, with Retry-After where asked for."""

    type = "http.status"

    def on_request(self) -> RequestItems | None:
        wanted = self.attributes
        message = wanted.message or f"injected fault: {wanted.status} {phrase(wanted.status)}"
        shape = shape_of(self.request.path) if wanted.shape == "auto" else wanted.shape
        body = json.dumps(BODIES[shape](wanted.status, message)).encode()
        headers = [("content-type", "application/json")]
        if wanted.retry_after is not None:
            headers.append(("retry-after", retry_after(wanted.retry_after, wanted.retry_after_form)))
        return [Respond(wanted.status, tuple(headers), body)]


def phrase(status: int) -> str:
    """The reason phrase; 529 is Anthropic's own."""
    if status == 529:
        return "Overloaded"
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def retry_after(seconds: float, form: str) -> str:
    """The header's value; whole seconds are all it can say, and never fewer than asked for."""
    return str(ceil(seconds)) if form == "seconds" else formatdate(ceil(time.time() + seconds), usegmt=True)


def shape_of(path: str) -> Shape:
    """Whose API the path belongs to."""
    if path.endswith(("/messages", "/messages/count_tokens")):
        return "anthropic"
    known = ("/chat/completions", "/completions", "/embeddings", "/responses", "/models")
    return "openai" if path.endswith(known) else "generic"


def openai(status: int, message: str) -> dict[str, Any]:
    """OpenAI's error object."""
    kind, code = OPENAI.get(status, ("server_error" if status >= 500 else "invalid_request_error", None))
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def anthropic(status: int, message: str) -> dict[str, Any]:
    """Anthropic's error object."""
    kind = ANTHROPIC.get(status, "api_error" if status >= 500 else "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": message}}


def generic(status: int, message: str) -> dict[str, Any]:
    """What a plain REST service says."""
    return {"error": phrase(status), "message": message, "status": status}


BODIES: dict[str, Callable[[int, str], dict[str, Any]]] = {
    "openai": openai,
    "anthropic": anthropic,
    "generic": generic,
}
