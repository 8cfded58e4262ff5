"""What the readers of all protocols share: status, content type, events or one body, chunk times."""

from __future__ import annotations

from http import HTTPStatus
from operator import sub
from typing import TYPE_CHECKING, Any

from seatrial.core.exchange import NAN, ErrorKind, Usage
from seatrial.targets.sse import EventTooLarge, SSEParser
from seatrial.targets.wire import Answer, Headers, WireError, decode_json, header, media_type

if TYPE_CHECKING:
    from seatrial.targets.config import TargetConfig

EXCERPT = 160


class Reader:
    """Reads an answer that is one JSON text or a stream of events; a protocol fills in what they mean.

    Subclasses override `on_json`, `on_event`, `on_end` and may set the attributes below; nothing here raises
    for what a target sends. Attributes are class-level defaults because most stay as they are: a reader is
    made for every request.

    Args:
        stream: whether a stream was asked for.
        config: the target: how large an event may be, and which secrets no detail may quote.
    """

    status = 0
    headers: Headers = ()
    sse: SSEParser | None = None
    error: ErrorKind | None = None
    detail = ""
    finish_reason: str | None = None
    usage: Usage | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    tool_calls: tuple[tuple[str, str], ...] = ()

    def __init__(self, stream: bool, config: TargetConfig) -> None:
        self.stream = stream
        self.config = config
        self.body: list[bytes] = []
        self.text: list[str] = []
        self.times: list[float] = []

    def head(self, status: int, headers: Headers) -> None:
        self.status = status
        self.headers = headers
        if self.stream and status == 200 and media_type(headers) in ("text/event-stream", ""):
            self.sse = SSEParser(self.config.max_event)

    def feed(self, data: bytes, at: float) -> None:
        if self.sse is None:
            self.body.append(data)
            return
        for kind, payload in self.events(data):
            self.on_event(kind, payload, at)

    def events(self, data: bytes) -> list[tuple[str, str]]:
        """The events that *data* completes.

        Raises:
            WireError: one of them is too large.
        """
        assert self.sse is not None
        try:
            return self.sse.feed(data)
        except EventTooLarge as error:
            raise WireError(ErrorKind.TOO_LARGE, f"{error} (target option max_event)") from None

    def finish(self, at: float, complete: bool = True) -> Answer:
        if self.sse is not None:
            if complete:
                self.on_end()
        elif complete:
            self._whole(at)
        times = self.times
        first = times[0] if times else NAN
        gaps = tuple(map(sub, times[1:], times)) if len(times) > 1 else ()
        return Answer(
            self.error,
            self.detail,
            "".join(self.text),
            self.finish_reason,
            self.usage,
            self.model,
            self.system_fingerprint,
            self.tool_calls,
            first,
            gaps,
            self.sse is not None,
        )

    def fail(self, kind: ErrorKind, detail: str) -> None:
        """Note an error; the first one stays, later ones are its consequences."""
        if self.error is None:
            self.error = kind
            self.detail = detail

    def parse(self, payload: str) -> Any:
        """The payload's JSON value, or None with the error noted."""
        try:
            return decode_json(payload)
        except ValueError as error:
            self.fail(ErrorKind.MALFORMED, f"{self.not_json(payload)} ({error})")
            return None

    def on_json(self, value: Any) -> None:
        """The whole answer came as one JSON value, with a good status."""

    def on_event(self, kind: str, payload: str, at: float) -> None:
        """An event came."""

    def on_end(self) -> None:
        """The stream of events ended in good order."""

    def error_text(self, value: Any) -> str:
        """What a parsed error body says, whole."""
        return error_message(value)

    def excerpt(self, text: str, length: int = EXCERPT) -> str:
        """The start of *text*, safe to show: secrets go before the cut, so that no half of one stays."""
        return excerpt(self.config.redactor.redact(text), length)

    def not_json(self, text: str) -> str:
        """Why *text* is not the JSON that was asked for."""
        if looks_like_html(text):
            title = text[:4096].lower().partition("<title>")[2].partition("</title>")[0]
            named = f" titled {self.excerpt(title, 60)!r}" if title.strip() else ""
            return (
                f"a web page{named} came instead of JSON: "
                "does the uri name the API, is a proxy or login in between?"
            )
        kind = media_type(self.headers)
        return f"not JSON: {self.excerpt(text, 80)!r}" + (f" (content type {kind})" if kind else "")

    def _whole(self, at: float) -> None:
        payload = b"".join(self.body)
        if not 200 <= self.status < 300:
            self.fail(ErrorKind.HTTP_STATUS, self._status_detail(payload))
            return
        try:
            text = payload.decode()
        except UnicodeDecodeError as error:
            self.fail(ErrorKind.MALFORMED, f"the body is not UTF-8 (byte {error.start})")
            return
        if not text or text.isspace():
            self.fail(ErrorKind.EMPTY, f"HTTP {self.status} with an empty body")
            return
        value = self.parse(text)
        if self.error is None and self.stream:
            kind = media_type(self.headers) or "no content type"
            self.fail(ErrorKind.MALFORMED, f"a stream of events was asked for, one body came ({kind})")
        if self.error is None:
            self.on_json(value)
        if self.error is None:
            self.times.append(at)

    def _status_detail(self, payload: bytes) -> str:
        detail = f"HTTP {self.status} {phrase(self.status)}".rstrip()
        location = header(self.headers, b"location")
        if 300 <= self.status < 400 and location:
            where = self.excerpt(location)
            return f"{detail} to {where}: redirects are not followed, name the final address as the uri"
        retry_after = header(self.headers, b"retry-after")
        if retry_after:
            detail += f", retry-after {self.excerpt(retry_after, 40)}"
        text = payload.decode("utf-8", "replace")
        try:
            said = self.excerpt(self.error_text(decode_json(text)))
        except ValueError:
            said = self.not_json(text) if looks_like_html(text) else self.excerpt(text)
        return f"{detail}: {said}" if said else detail


class PlainReader(Reader):
    """Reads any body as text: for health, metrics and other pages that follow no model protocol."""

    def _whole(self, at: float) -> None:
        payload = b"".join(self.body)
        self.times.append(at)
        self.text.append(payload.decode("utf-8", "replace"))
        if not 200 <= self.status < 300:
            self.fail(ErrorKind.HTTP_STATUS, self._status_detail(payload))


def error_message(value: Any) -> str:
    """The message of an error object in the forms that model servers use, else the value itself."""
    if isinstance(value, dict):
        inner = value.get("error", value)
        if isinstance(inner, str):
            return inner
        if isinstance(inner, dict):
            words = [inner.get("type"), inner.get("code"), inner.get("message") or inner.get("detail")]
            said = ": ".join(str(word) for word in words if isinstance(word, (str, int)) and word != "")
            if said:
                return said
    return str(value)


def excerpt(text: str, length: int = EXCERPT) -> str:
    """One line of *text* that is safe to show: no control characters, cut at *length*."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * length]).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def looks_like_html(text: str) -> bool:
    """Whether *text* begins as a web page does."""
    start = text[:256].lstrip("\ufeff \t\r\n").lower()
    return start.startswith(("<!doctype html", "<html", "<head", "<body"))


def phrase(status: int) -> str:
    """The standard's name of a status, empty where it has none."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def text_or_none(value: Any) -> str | None:
    """*value* where it is a text, else None: what a target names itself must not become another type."""
    return value if isinstance(value, str) else None


def usage_of(value: Any, input_key: str, output_key: str) -> Usage | None:
    """Token counts out of a usage object; None where it is missing or not two whole numbers."""
    if not isinstance(value, dict):
        return None
    given, made = value.get(input_key), value.get(output_key)
    if type(given) is int and type(made) is int:
        return Usage(given, made)
    return None
