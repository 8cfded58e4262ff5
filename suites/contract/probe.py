"""The hand that asks: small prompts, small answers, and no item that waits for a target which fell silent."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any, NoReturn

import pytest

from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.pytest import inconclusive, not_applicable

from .dialect import Dialect, dialect_of

SHORT = "Name a colour of the sea and say when it is seen."
LONG = "Tell in twenty sentences how a harbour town prepares for the winter storms."
PROMPTS = (
    SHORT,
    "Explain in two sentences what a lighthouse is for.",
    "Why do ships carry lifeboats? Answer briefly.",
    "Describe a calm morning at anchor in one sentence.",
    "What does a harbour pilot do?",
)
SILENT = frozenset(
    {
        ErrorKind.DNS,
        ErrorKind.CONNECT,
        ErrorKind.TLS,
        ErrorKind.TIMEOUT_FIRST_BYTE,
        ErrorKind.TIMEOUT_IDLE,
        ErrorKind.TIMEOUT_TOTAL,
    }
)
TRIES = 3
LONGEST_WAIT = 5.0  # seconds; a longer Retry-After makes the item inconclusive instead of the run long
PATIENCE = 2  # silent requests in a row, after which later items do not wait for their time-outs again


class Probe:
    """Asks one target, by its protocol, and remembers what it has seen.

    Attributes:
        target: the target of the policy, through its synchronous face.
        dialect: what its protocol promises.
        seen: every complete answer up to now: evidence for items that look at all of them.
        refused: every error answer to a body of our own making up to now.
    """

    def __init__(self, target: Any) -> None:
        self.target = target
        self.dialect: Dialect = dialect_of(target.config.protocol)
        self.seen: list[Exchange] = []
        self.refused: list[Exchange] = []
        self._silent = 0
        self._said = ""

    @property
    def capabilities(self) -> frozenset[str]:
        """The optional abilities that the policy lists."""
        return frozenset(self.target.config.capabilities or ())

    @property
    def key(self) -> str | None:
        """The API key that the policy names, in the clear."""
        key = self.target.config.api_key
        if key is None or isinstance(key, str):
            return key
        return str(key.reveal())

    def needs_chat(self) -> None:
        """The item is not applicable to a protocol without messages, tokens and finish reasons."""
        if not self.dialect.chat:
            not_applicable(f"the protocol {self.target.config.protocol} knows no such thing")

    def needs(self, ability: str) -> None:
        """The item is not applicable unless the policy lists *ability*."""
        if ability not in self.capabilities:
            not_applicable(f"the policy does not list `{ability}` under the target's capabilities")

    def send(self, prompt: Any = SHORT, **how: Any) -> Exchange:
        """One request, whatever comes of it; inconclusive at once for a target that has fallen silent."""
        self._give_up_on_silence()
        exchange: Exchange = self.target.send(prompt, **how)
        self._silent = self._silent + 1 if exchange.error in SILENT and not exchange.status else 0
        self._said = exchange.detail or str(exchange.error)
        return exchange

    def ask(
        self, prompt: Any = SHORT, *, stream: bool = False, max_tokens: int = 32, **params: Any
    ) -> Exchange:
        """One generating request at temperature 0, whatever comes of it.

        Args:
            prompt: a text or a list of messages.
            stream: whether to ask for a stream.
            max_tokens: the most tokens the answer may take: what it may cost.
            params: further fields of the request body.
        """
        if not self.dialect.chat:
            exchange = self.send(prompt, stream=False)
        else:
            params = {"max_tokens": max_tokens, **self.dialect.fixed, **params}
            exchange = self.send(prompt, stream=stream, params=params)
        if exchange.ok:
            self.seen.append(exchange)
        return exchange

    def answer(
        self, prompt: Any = SHORT, *, stream: bool = False, max_tokens: int = 32, **params: Any
    ) -> Exchange:
        """A complete answer: asks up to three times where completeness is not the item's subject.

        How often a target fails to answer is judged by the policy's objectives, on far more requests.
        """
        for _ in range(TRIES):
            exchange = self.ask(prompt, stream=stream, max_tokens=max_tokens, **params)
            if exchange.ok:
                return exchange
            wait_as_told(exchange)
        inconclusive(f"no complete answer in {TRIES} tries: {told(exchange)}")

    def reply(
        self, prompt: Any = SHORT, *, stream: bool = False, max_tokens: int = 32, **params: Any
    ) -> Exchange:
        """An answer with status 200, whatever is wrong with it; asks up to three times for one."""
        for _ in range(TRIES):
            exchange = self.ask(prompt, stream=stream, max_tokens=max_tokens, **params)
            if exchange.status == 200:
                return exchange
            wait_as_told(exchange)
        inconclusive(f"no answer in {TRIES} tries: {told(exchange)}")

    def raw(self, body: bytes | dict[str, Any], **how: Any) -> Exchange:
        """One request with a body of our own making; its silence says nothing about right requests."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._give_up_on_silence()
        exchange: Exchange = self.target.send(raw_body=data, **how)
        if exchange.status >= 400:
            self.refused.append(exchange)
        return exchange

    def body(self, **changes: Any) -> dict[str, Any]:
        """A small and right request body with *changes*; a change to ``...`` leaves the field out.

        For a REST model, whose schema only its policy knows, just some JSON object.
        """
        if not self.dialect.chat:
            return {"seatrial": "Say yes."}
        body: dict[str, Any] = {
            "model": self.target.config.model,
            "messages": [{"role": "user", "content": "Say yes."}],
            "max_tokens": 8,
        }
        body.update(changes)
        return {name: value for name, value in body.items() if value is not ...}

    def encoded(self, **changes: Any) -> bytes:
        """The bytes of `body`."""
        return json.dumps(self.body(**changes)).encode()

    def _give_up_on_silence(self) -> None:
        if self._silent >= PATIENCE:
            inconclusive(f"the target has stopped answering: {self._said}")


def failed(reason: str) -> NoReturn:
    """End the item as FAILED.

    Not by an assertion: its report would show the values compared, and one of them may be a key.

    Args:
        reason: what was expected and what was seen, a sentence for people.
    """
    __tracebackhide__ = True
    pytest.fail(reason, pytrace=False)


def wait_as_told(exchange: Exchange) -> None:
    """Honour a short Retry-After before the next try; a long one makes the item inconclusive."""
    if exchange.status != 429 or exchange.raw is None:
        return
    told_to = exchange.raw.header("retry-after") or "1"
    seconds = float(told_to) if told_to.replace(".", "", 1).isdigit() else LONGEST_WAIT + 1
    if seconds > LONGEST_WAIT:
        inconclusive(f"the target limits the rate and asks to come back in {told_to}")
    time.sleep(seconds)


def told(exchange: Exchange) -> str:
    """What came of an exchange, in a few words for a message."""
    if exchange.error is None:
        return f"status {exchange.status}, finish {exchange.finish_reason!r}, {len(exchange.text)} characters"
    status = f"status {exchange.status}, " if exchange.status else ""
    return f"{status}{exchange.error}" + (f" ({exchange.detail[:160]})" if exchange.detail else "")


def content_type(exchange: Exchange) -> str:
    """The media type of an answer, without parameters, in lower case."""
    header = exchange.raw.header("content-type") if exchange.raw else None
    return (header or "").split(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON's or that of a kind of JSON."""
    return media_type == "application/json" or media_type.endswith("+json")


def parsed(exchange: Exchange) -> Any:
    """The body of an answer as JSON; None where it is not."""
    try:
        return json.loads(exchange.raw.body) if exchange.raw else None
    except ValueError:
        return None


def listed(problems: Sequence[str]) -> str:
    """Sentences as one message."""
    return "; ".join(dict.fromkeys(problems))


def manner(exchange: Exchange) -> str:
    """How the answer came: for messages."""
    return "streamed" if exchange.streamed else "unstreamed"
