"""What a target keeps for its callers: conversations and accepted work, written before a crash, read after.

The protocol is OpenAI's Responses API (https://platform.openai.com/docs/api-reference/responses): ``store``
keeps an answer, ``previous_response_id`` goes on from one, ``background`` accepts work that is done later.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from seatrial.core.exchange import Exchange
from seatrial.targets.config import Timeouts
from seatrial.targets.target import Target

EARLY, LATE = 4, 4
"""How many of each are written well before the crash, and how many in its face."""
PAUSE = 0.2
AGAIN = 1.0
"""Seconds after which all is read once more: what is done a second time is done a little later."""
DONE = "completed"
MISSING = frozenset({404, 405, 501})
LIMITS = Timeouts(connect=2.0, first_byte=10.0, idle=10.0, total=20.0)


class Kept(NamedTuple):
    """One response as the target tells it.

    Attributes:
        http: the HTTP status; 0 for no answer.
        texts: of its output messages, in order.
    """

    http: int
    id: str = ""
    status: str = ""
    texts: tuple[str, ...] = ()


@dataclass
class Written:
    """Something the target has acknowledged.

    Attributes:
        acked: when, seconds on `time.monotonic`.
        was: as it was last seen before the crash.
        now: as it was last seen after it.
        back: when it was first seen whole after the crash.
    """

    work: bool
    acked: float
    was: Kept
    now: Kept = field(default_factory=lambda: Kept(0))
    back: float | None = None

    @property
    def whole(self) -> bool:
        """Whether it is there, and what it was; accepted work that was under way must be done."""
        if self.now.http != 200 or self.now.status != DONE or not self.now.texts:
            return False
        return self.was.status != DONE or self.now.texts == self.was.texts

    @property
    def lost(self) -> bool:
        """Whether the target no longer knows of it."""
        return self.now.http in (404, 410)

    @property
    def settled(self) -> bool:
        """Whether waiting longer can change nothing."""
        return self.back is not None or self.lost or self.twice or self.altered

    @property
    def twice(self) -> bool:
        """Whether it was answered more than once."""
        return len(self.now.texts) > 1

    @property
    def altered(self) -> bool:
        """Whether it has another answer than before."""
        known = self.was.status == DONE and self.now.status == DONE
        return known and not self.twice and self.now.texts != self.was.texts


class Keeper:
    """Writes to a target before a crash and reads after it.

    Args:
        target: the target.

    Attributes:
        written: all that was acknowledged.
        beside: why the target keeps nothing, None where it does.
        onward: of a conversation, what going on from it after the crash came to.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._number = 0
        self.written: list[Written] = []
        self.beside: str | None = None
        self.onward: Kept | None = None

    def fill(self) -> None:
        """Write conversations and work, and see the work done."""
        first = self._write(work=False)
        if first.http in MISSING:
            self.beside = f"the target keeps no conversations and no work: {first.http} for POST responses"
            return
        for _ in range(EARLY - 1):
            self._write(work=False)
        for _ in range(EARLY):
            self._write(work=True)
        self._settle(20.0)

    def hurry(self) -> None:
        """Write once more, in the face of the crash; the work is not waited for."""
        if self.beside is not None:
            return
        for _ in range(LATE):
            self._write(work=False)
            self._write(work=True)

    def look(self, seconds: float) -> None:
        """Read everything again until all of it is whole, or for so many seconds; then once more."""
        until = time.monotonic() + seconds
        while not self.beside:
            for each in self.written:
                if each.back is None:
                    self._read_again(each)
            if all(each.settled for each in self.written):
                break
            if time.monotonic() > until:
                break
            time.sleep(PAUSE)
        if not self.beside and self.written:
            time.sleep(AGAIN)
            for each in self.written:
                each.now = self.read(each.was.id)
            self._go_on()

    def read(self, id_: str) -> Kept:
        """One response, as it is now."""
        return kept(self._target.get(f"responses/{id_}", timeouts=LIMITS))

    def of(self, *, work: bool) -> list[Written]:
        """Accepted work, or conversations."""
        return [each for each in self.written if each.work is work]

    def _write(self, *, work: bool, previous: str | None = None) -> Kept:
        self._number += 1
        asked: dict[str, Any] = {
            "model": self._target.model,
            "input": f"Tell me about harbour {self._number}.",
        }
        asked |= {"background": True} if work else {"store": True}
        if previous:
            asked["previous_response_id"] = previous
        found = kept(self._target.send(path="responses", raw_body=json.dumps(asked), timeouts=LIMITS))
        if found.http in (200, 201, 202) and found.id:
            self.written.append(Written(work, time.monotonic(), found))
        return found

    def _settle(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for each in self.written:
                if each.was.status != DONE:
                    each.was = self.read(each.was.id)
            if all(each.was.status == DONE for each in self.written):
                return
            time.sleep(PAUSE)

    def _read_again(self, each: Written) -> None:
        each.now = self.read(each.was.id)
        if each.whole:
            each.back = time.monotonic()

    def _go_on(self) -> None:
        """Go on from a conversation that was held before the crash."""
        held = [each for each in self.of(work=False) if each.whole]
        if held:
            size = len(self.written)
            self.onward = self._write(work=False, previous=held[0].was.id)
            del self.written[size:]


def kept(exchange: Exchange) -> Kept:
    """What an answer of the Responses API tells; anything else has no id."""
    try:
        body = json.loads(exchange.raw.body) if exchange.raw else None
    except ValueError:
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        return Kept(exchange.status)
    texts = []
    for message in body.get("output") or ():
        if isinstance(message, dict) and message.get("type") == "message":
            parts = message.get("content") or ()
            texts.append("".join(str(part.get("text", "")) for part in parts if isinstance(part, dict)))
    return Kept(exchange.status, body["id"], str(body.get("status", "")), tuple(texts))
