"""Requests under a fault: each with a reference of its own, so that its attempts can be told from all others.

The reference stands at the end of the last message. Without it two callers' equal prompts would look like a
retry, and a cache would answer in the place of a provider. Where that is what is tried, several requests in a
row share one prompt and one reference.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from seatrial.core.exchange import ErrorKind, Exchange, Raw
from seatrial.core.tenants import Tenants
from seatrial.load.prompts import PromptSet
from seatrial.targets.client import Client, clock
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Prompt

PAUSE = 0.05
"""Seconds that a caller waits after an error at once, where only the return to good answers is measured."""
_MARKS = ("degraded", "fallback")
_NO = frozenset({"", "0", "false", "no", "none"})


class Seen(NamedTuple):
    """What a caller saw of one answer.

    Attributes:
        sent, done: seconds on `time.monotonic`.
        good: whether it was whole, by the protocol.
        typed: of an error, whether it was told in the protocol's form; None where there was none.
        marks: what marks it as degraded: header names and values.
        question: the reference of what was asked; callers who asked the same have it in common.
    """

    sent: float
    done: float
    good: bool
    status: int
    error: ErrorKind | None
    model: str | None
    typed: bool | None
    marks: tuple[str, ...]
    chunks: int
    question: str = ""


class Asker:
    """Sends prompts by number, each with a reference (`seatrial.load.traffic.Sender`).

    Args:
        client: moves the bytes; closed with the sender.
        prompts: what is asked.
        stream: whether answers are asked for as a stream.
        draw: what the references are drawn from.
        told: told what each caller saw.
        began: told the zero of the exchanges' times on `time.monotonic`, once.
        paced: wait a little after an error that came at once.
        alike: requests in a row that ask the same.
        tenants: who sends which request, where there are several.
        keys: their API keys; None for the target's own.
    """

    def __init__(
        self,
        client: Client,
        prompts: PromptSet,
        *,
        stream: bool,
        draw: str,
        told: Callable[[Seen], None],
        began: Callable[[float], None],
        paced: bool = False,
        alike: int = 1,
        tenants: Tenants | None = None,
        keys: Sequence[Secret | None] = (),
    ) -> None:
        self._client = client
        self._prompts = prompts
        self._stream = stream
        self._random = random.Random(draw)  # noqa: S311  a reference, no secret
        self._told = told
        self._began: Callable[[float], None] | None = began
        self._paced = paced
        self._alike = alike
        self._asked = 0
        self._question = 0, ""
        self._tenants = tenants
        self._keys = keys

    def begin(
        self,
        prompt: int,
        then: Callable[[Exchange], None],
        *,
        index: int,
        intended: float,
        zero: float,
        failed: Callable[[BaseException], None],
    ) -> None:
        """Ask prompt number *prompt*, or what was asked before; *then* gets the exchange."""
        if self._asked % self._alike == 0:
            self._question = prompt, f"{self._random.getrandbits(48):012x}"
        self._asked += 1
        number, reference = self._question
        asked = marked(self._prompts[number], reference)
        if self._began is not None:
            self._began(time.monotonic() - (clock() - zero))
            self._began = None
        sent = time.monotonic()

        def came(exchange: Exchange) -> None:
            done = time.monotonic()
            self._told(seen(exchange, sent, done)._replace(question=reference))
            if self._paced and not exchange.ok and done - sent < PAUSE:
                asyncio.get_running_loop().call_later(PAUSE, then, exchange._replace(raw=None))
            else:
                then(exchange._replace(raw=None))

        key = None if self._tenants is None else self._keys[self._tenants.sender(index)]
        self._client.begin(
            self._client.prepare(asked, stream=self._stream, api_key=key),
            came,
            index=index,
            intended=intended,
            zero=zero,
            prompt=number,
            keep_raw=True,
            failed=failed,
        )

    async def close(self) -> None:
        """Give every connection back."""
        await self._client.close()


def marked(prompt: Prompt, reference: str) -> Prompt:
    """*prompt* with a reference at the end of its last message."""
    messages = [dict(message) for message in prompt.messages]
    for message in reversed(messages):
        if isinstance(message.get("content"), str):
            message["content"] += f"\n\n(Reference {reference}.)"
            break
    return replace(prompt, messages=tuple(messages))


def seen(exchange: Exchange, sent: float, done: float) -> Seen:
    """What a caller saw of *exchange*."""
    raw = exchange.raw
    return Seen(
        sent,
        done,
        exchange.ok,
        exchange.status,
        exchange.error,
        exchange.model,
        None if exchange.ok else _typed(exchange, raw),
        marks(raw) if raw is not None else (),
        exchange.chunks,
    )


def _typed(exchange: Exchange, raw: Raw | None) -> bool:
    """Whether an error came as the protocol tells errors: an object ``error`` with a message and its kind."""
    if exchange.error is ErrorKind.STREAM_ERROR:
        return True
    if exchange.error is not ErrorKind.HTTP_STATUS or raw is None:
        return False
    try:
        body = json.loads(raw.body)
    except ValueError:
        return False
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("message"), str) or not error["message"]:
        return False
    return any(isinstance(error.get(key), str) and error[key] for key in ("type", "code"))


def marks(raw: Raw) -> tuple[str, ...]:
    """Headers that tell of a degraded answer or of a fallback."""
    return tuple(
        f"{name}: {value}"
        for name, value in raw.headers
        if any(word in name for word in _MARKS) and value.strip().lower() not in _NO
    )
