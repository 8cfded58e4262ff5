"""A Locust user that asks an AI system by our protocols: what it gets is an `Exchange`.

Runs in Locust's processes only.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable
from typing import Any

import gevent
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError
from geventhttpclient.url import URL
from locust import FastHttpUser  # noqa: TID253  # this module is imported by locustfiles alone
from locust.exception import StopUser  # noqa: TID253

from seatrial.core.errors import UsageError
from seatrial.core.exchange import NAN, ErrorKind, Exchange
from seatrial.load.locust.bridge import WorkerSide
from seatrial.load.locust.samples import ZERO
from seatrial.targets.client import clock
from seatrial.targets.dial import tls_context
from seatrial.targets.request import request_bytes
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Message, Prompt, WireError, WireRequest, protocol_for

_PIECE = 16_384  # bytes of an unstreamed answer that are read at a time


class InferenceUser(FastHttpUser):
    """A user of the policy's target; `ask` sends a prompt.

    Which target, which key and which prompts there are comes from the policy that ``seatrial load --locust``
    was given. Everything of `FastHttpUser` works too (``self.client.get``), but is no evidence.
    """

    abstract = True

    def __init__(self, environment: Any) -> None:
        side: WorkerSide = environment.seatrial
        config = side.order.config
        address = config.address
        self.host = f"{'https' if address.tls else 'http'}://{address.authority}"
        self.connection_timeout = config.timeouts.connect
        self.network_timeout = max(config.timeouts.first_byte, config.timeouts.idle)
        self.insecure = not config.tls.verify
        if address.tls:
            context = tls_context(config)
            self.ssl_context_factory = lambda *_, **__: context
        super().__init__(environment)
        self._side = side
        self._keys = side.order.keys
        self._config = config
        self._protocol = protocol_for(config)
        self._url = URL(self.host)

    @property
    def prompts(self) -> Any:
        """The prompts of the traffic."""
        return self._side.order.prompts

    def ask(
        self,
        prompt: Prompt | str | Iterable[Message],
        *,
        stream: bool | None = None,
        name: str = "ask",
        tenant: str | None = None,
        **more: Any,
    ) -> Exchange:
        """Ask once and wait for the answer's end; what the target does wrong is in the exchange.

        Where the traffic has tenants, requests take turns with their keys, as the policy's weights say.

        Args:
            prompt: a text, messages, or one of `prompts`.
            stream: whether a stream is asked for; as the traffic says by default.
            name: of the request in Locust's own statistics.
            tenant: who asks, for requests that belong together (a conversation).
            more: as for `seatrial.targets.wire.Prompt.of`: max_tokens, tools, params, model.

        Raises:
            StopUser: the budget of requests is spent.
        """
        samples = self._side.samples
        if not samples.may_ask():
            raise StopUser
        spec = self._side.order.spec
        asked = Prompt.of(prompt, **more)
        if asked.max_tokens is None and spec.max_tokens is not None:
            asked = Prompt.of(asked, max_tokens=spec.max_tokens)
        wanted = spec.stream if stream is None else stream
        request = self._protocol.build(asked, wanted)
        place = -1 if more else self._side.prompt(prompt)
        who = self._caller(samples.asked, tenant)
        number, intended = samples.begin()
        found = _Ask(self, request, wanted, self._keys[who] if self._keys else None).run()
        exchange = found._replace(index=number, intended=intended, prompt=place)
        samples.end(exchange, self._side.order.codes.code(place, who))
        self.environment.events.request.fire(
            request_type="ASK",
            name=name,
            response_time=exchange.duration * 1000,
            response_length=exchange.received,
            exception=None if exchange.ok else _Bad(exchange.error, exchange.detail),
            context={},
        )
        return exchange

    def _caller(self, number: int, tenant: str | None) -> int:
        try:
            return self._side.tenant(number, tenant)
        except UsageError as error:  # Locust would go on after any exception of a task
            self._side.samples.trouble = str(error)
            raise StopUser from error


class _Bad(Exception):
    """What Locust's statistics show of a bad exchange."""


class _Stage(gevent.Timeout):  # type: ignore[misc]
    """A bound on waiting, with the error that it means."""

    def __init__(self, seconds: float, kind: ErrorKind) -> None:
        super().__init__(seconds)
        self.kind = kind


class _Ask:
    """One request on its way."""

    def __init__(self, user: InferenceUser, request: WireRequest, stream: bool, key: Secret | None) -> None:
        self._config = user._config
        key = self._config.api_key if key is None else key
        data = request_bytes(user._config, user._protocol, request, {}, key)
        head, _, self._body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self._method, self._path, _ = first.split(" ")
        named = (line.partition(": ") for line in lines)
        self._headers = {name: value for name, _, value in named if name != "content-length"}
        self._http = user.client.client.clientpool.get_client(user._url)
        self._reader = user._protocol.reader(stream)
        self._stream = stream
        self._sent = self._first_byte = 0.0
        self._status = self._received = 0

    def run(self) -> Exchange:
        """Send, read to the end, and say what came of it."""
        error, detail = None, ""
        self._sent = clock()
        limits = self._config.timeouts
        total = _Stage(limits.total, ErrorKind.TIMEOUT_TOTAL)
        total.start()
        try:
            self._read(self._answer())
        except WireError as found:
            error, detail = found.kind, found.detail
        except _Stage as found:
            error, detail = found.kind, f"no answer within {found.seconds:g} s"
        except (OSError, HTTPConnectionClosed, HTTPParseError) as found:
            error, detail = self._kind(found), f"{type(found).__name__}: {found}"
        finally:
            total.cancel()
        return self._exchange(clock(), error, detail)

    def _answer(self) -> Any:
        """The answer's head; a kept connection that was closed meanwhile is replaced once."""
        with _Stage(self._config.timeouts.first_byte, ErrorKind.TIMEOUT_FIRST_BYTE):
            try:
                return self._http.request(self._method, self._path, self._body, self._headers)
            except (HTTPConnectionClosed, ConnectionResetError):
                return self._http.request(self._method, self._path, self._body, self._headers)

    def _read(self, response: Any) -> None:
        self._first_byte = clock()
        self._status = response.status_code
        self._reader.head(
            self._status,
            [(name.encode("latin-1"), str(value).encode("latin-1")) for name, value in response.headers],
        )
        idle = self._config.timeouts.idle
        try:
            while True:
                with _Stage(idle, ErrorKind.TIMEOUT_IDLE):
                    data = response.readline(b"\n") if self._stream else response.read(_PIECE)
                if not data and self._stream:
                    data = response.read()
                if not data:
                    break
                self._received += len(data)
                if self._received > self._config.max_body:
                    raise WireError(ErrorKind.TOO_LARGE, f"more than {self._config.max_body:,} bytes")
                self._reader.feed(data, clock())
        except BaseException:
            sock = response._sock
            if sock is not None:  # an answer that was broken off must not be the next one's beginning
                sock.close()
            response.release()
            raise

    def _kind(self, error: Exception) -> ErrorKind:
        if isinstance(error, socket.gaierror):
            return ErrorKind.DNS
        if isinstance(error, ssl.SSLError):
            return ErrorKind.TLS if not self._first_byte else ErrorKind.RESET
        if isinstance(error, HTTPParseError):
            if self._first_byte:
                return ErrorKind.TRUNCATED
            return ErrorKind.RESET if "closed" in str(error) else ErrorKind.PROTOCOL
        if isinstance(error, TimeoutError):
            return ErrorKind.TIMEOUT_IDLE if self._first_byte else ErrorKind.CONNECT
        if isinstance(error, (ConnectionResetError, BrokenPipeError)) or self._first_byte:
            return ErrorKind.RESET
        return ErrorKind.CONNECT

    def _exchange(self, done: float, error: ErrorKind | None, detail: str) -> Exchange:
        answer = self._reader.finish(done, error is None)
        if error is None or answer.error is ErrorKind.STREAM_ERROR:
            error, detail = answer.error, answer.detail
        return Exchange(
            0,
            self._sent - ZERO,
            self._sent - ZERO,
            done - ZERO,
            first_byte=self._first_byte - ZERO if self._first_byte else NAN,
            first_chunk=answer.first_chunk - ZERO,
            gaps=answer.gaps,
            status=self._status,
            error=error,
            detail=self._config.redactor.redact(detail) if detail else "",
            finish_reason=answer.finish_reason,
            model=answer.model,
            system_fingerprint=answer.system_fingerprint,
            usage=answer.usage,
            text=answer.text,
            tool_calls=answer.tool_calls,
            received=self._received,
            streamed=answer.streamed,
        )
