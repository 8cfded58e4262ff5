"""Answers that are given again: caches that nobody asked for, and one that mixes up its users."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Hashable, Iterable
from contextlib import aclosing

from seatrial.systems.reference.chat_request import ChatRequest
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.providers.base import Event

UNUSUAL = 9
"""Letters from which on a word is too rare for the careless cache to look at."""
A_TOKEN = 1e-3
"""Seconds that reading a token of a prompt takes."""
_BLOCK = 64  # characters that are read together
_CHARACTERS = 5.0  # of a token
_MOST = 4096
_RARE = re.compile(rf"[^\W\d_]{{{UNUSUAL},}}")


class Replay:
    """Remembers whole answers, event by event."""

    def __init__(self, defects: Defects) -> None:
        self._defects = defects
        self._known: dict[Hashable, list[Event]] = {}

    def _key(self, ask: ChatRequest) -> str | None:
        told = ask.model_dump_json(exclude={"stream", "stream_options"})
        if self._defects.on("cache-answers-another-user"):
            return _RARE.sub("", told)
        return told if self._defects.on("answers-from-cache") else None

    async def events(
        self, ask: ChatRequest, make: AsyncGenerator[Event, None]
    ) -> AsyncGenerator[Event, None]:
        """The answer's events: those of *make*, or what was answered before."""
        key = self._key(ask)
        async with aclosing(make):
            known = self._known.get(key) if key is not None else None
            if known is not None:
                for event in known:
                    yield event
                return
            heard = []
            async for event in make:
                heard.append(event)
                yield event
        if key is not None and len(self._known) < _MOST:
            self._known[key] = heard


class Prefixes:
    """Which beginnings of prompts have been read."""

    def __init__(self, defects: Defects) -> None:
        self._on = defects.on("prefix-cache")
        self._read: set[int] = set()

    async def read(self, contents: Iterable[str]) -> None:
        """Read a prompt: what was read before costs nothing."""
        if not self._on:
            return
        text, fresh, seen = "\n".join(contents), 0, 0
        for start in range(0, len(text), _BLOCK):
            seen = hash((seen, text[start : start + _BLOCK]))
            if seen not in self._read:
                fresh += len(text[start : start + _BLOCK])
                self._read.add(seen)
        await asyncio.sleep(fresh / _CHARACTERS * A_TOKEN)
