"""What a system that was built badly does to its answers while it is under load."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager

from seatrial.systems.reference import tokenizer
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.providers.base import End, Event, Piece

HEAVY = 8
"""Chat requests at work at once, from which on the system counts as loaded."""
KEPT = 2
"""Chunks that are left of an answer."""
STARVED = 1.0
"""Seconds that whoever asks least waits."""
_WORD = re.compile(r"\w+")


class Strain:
    """Knows how much is at work, and whose it is."""

    def __init__(self, defects: Defects) -> None:
        self._defects = defects
        self._callers: Counter[str] = Counter()

    @property
    def heavy(self) -> bool:
        """Whether the system is under load."""
        return self._callers.total() >= HEAVY

    def hits(self, defect: str) -> bool:
        """Whether a defect that shows under load is switched on and shows now."""
        return self.heavy and self._defects.on(defect)

    @contextmanager
    def at_work(self, caller: str) -> Iterator[None]:
        """One request of *caller*."""
        self._callers[caller] += 1
        try:
            yield
        finally:
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]

    async def queue(self, caller: str) -> None:
        """Let whoever asks most go first."""
        if self.hits("tenant-starvation") and self._callers[caller] < max(self._callers.values()):
            await asyncio.sleep(STARVED)

    async def strained(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """An answer's events as they come out of a system under load."""
        shorter, worse = self.hits("shorter-under-load"), self.hits("quality-drops-under-load")
        kept, text = 0, ""
        async with aclosing(events):
            async for event in events:
                if shorter and isinstance(event, Piece):
                    kept += 1
                    if kept > KEPT:
                        continue
                    text += event.text
                if worse and isinstance(event, Piece):
                    event = Piece(_WORD.sub(lambda word: word[0][::-1], event.text))
                if shorter and isinstance(event, End) and kept > KEPT:
                    event = End("stop", event.prompt_tokens, tokenizer.count(text))
                yield event
