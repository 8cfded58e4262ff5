"""Errors in OpenAI's shape: a status, and ``{"error": {"message", "type", "param", "code"}}``."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.responses import Response

    from seatrial.systems.reference.defects import Defects


class ApiError(Exception):
    """An answer that is an error.

    Args:
        status: HTTP status.
        message: for people; never holds a secret.
        kind: OpenAI's ``type``.
        param: the field at fault.
        code: OpenAI's machine-readable ``code``.
        headers: further response headers.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.param = param
        self.code = code
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The JSON body."""
        return {"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}}


def bad_request(message: str, *, param: str | None = None) -> ApiError:
    """400: what was asked is not a valid request."""
    return ApiError(400, message, param=param)


def unknown_model(model: str) -> ApiError:
    """404: no such model."""
    return ApiError(404, f"The model {model[:100]!r} does not exist.", param="model", code="model_not_found")


def server_error() -> ApiError:
    """500: our own trouble, without a word about its inside."""
    return ApiError(
        500,
        "The server had an error while processing your request.",
        kind="server_error",
        code="internal_error",
    )


class UpstreamError(ApiError):
    """Trouble with a provider."""


def upstream_error(status: int, message: str, code: str, *, wait: float | None = None) -> UpstreamError:
    """What a caller is told of trouble with a provider.

    Args:
        wait: seconds after which it may be better.
    """
    kind = "invalid_request_error" if status < 500 else "server_error"
    headers = {} if wait is None else {"retry-after": str(max(1, ceil(wait)))}
    return UpstreamError(status, message, kind=kind, code=code, headers=headers)


def error_response(error: ApiError, defects: Defects) -> Response:
    """The HTTP response that tells *error*."""
    from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse

    if isinstance(error, UpstreamError) and defects.on("untyped-errors"):
        return PlainTextResponse("upstream error\n", status_code=500)

    if defects.on("server-error-on-malformed") and error.status == 400:
        return PlainTextResponse(_trace(error), status_code=500)
    if defects.on("html-error-page"):
        phrase = f"{error.status} {HTTPStatus(error.status).phrase}"
        page = f"<html><head><title>{phrase}</title></head><body><h1>{phrase}</h1></body></html>"
        return HTMLResponse(page, status_code=error.status, headers=error.headers)
    body = error.body()
    if defects.on("stack-trace-in-error"):
        body["error"]["message"] += "\n" + _trace(error)
    hidden = defects.on("errors-with-status-200") and error.status < 500
    return JSONResponse(body, status_code=200 if hidden else error.status, headers=error.headers)


def error_event(error: ApiError, defects: Defects) -> bytes:
    """The event that tells *error* inside a stream that has already begun."""
    if isinstance(error, UpstreamError) and defects.on("untyped-errors"):
        return b"data: upstream error\n\n"
    return b"data: " + json.dumps(error.body(), separators=(",", ":")).encode() + b"\n\n"


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))
