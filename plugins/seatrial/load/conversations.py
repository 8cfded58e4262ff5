"""The measuring client with a recording in its hands: what is asked depends on what was answered before.

A turn of a session carries the turns before it and their answers. It leaves at its recorded time, or as soon
as the answer to the turn before it is there, whatever is later: nobody goes on with a conversation before
having read. Latency counts from the recorded time all the same (a slow answer makes the next turn late, and
leaving that out would flatter the target), and how many turns had to wait, and for how long, is told.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from seatrial.core.exchange import Exchange
from seatrial.core.tenants import Tenants
from seatrial.load.script import Script
from seatrial.targets.client import Client, Prepared, clock
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Message

Then = Callable[[Exchange], None]


@dataclass(slots=True)
class _Turn:
    """One request that is due."""

    row: int
    then: Then
    index: int
    intended: float
    zero: float
    failed: Callable[[BaseException], None]


@dataclass(slots=True)
class _Conversation:
    """A session that is under way."""

    messages: list[Message] = field(default_factory=list)
    waiting: deque[_Turn] = field(default_factory=deque)
    flying: bool = False
    failed: bool = False


@dataclass
class Held:
    """What became of the turns of sessions.

    Attributes:
        turns: that were sent.
        waited: those that had to wait for the answer before them, beyond their recorded time.
        seconds, longest: how long they waited together, and the one that waited longest.
        unanswered: those whose turn before got no whole answer: the conversation went on without it.
    """

    turns: int = 0
    waited: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    unanswered: int = 0

    def wait(self, seconds: float) -> None:
        """One more had to wait."""
        self.waited += 1
        self.seconds += seconds
        self.longest = max(self.longest, seconds)


class ScriptSender:
    """Sends the requests of a recording in order (`seatrial.load.traffic.Sender`).

    Args:
        client: moves the bytes; closed with the sender.
        script: what is asked.
        stream: whether answers are asked for as a stream.
        tell: told at the end what became of the sessions; not called where there are none.
        tenants: who sends which request, where there are several.
        keys: their API keys; None for the target's own.
    """

    def __init__(
        self,
        client: Client,
        script: Script,
        *,
        stream: bool,
        tell: Callable[..., None] = lambda **told: None,
        tenants: Tenants | None = None,
        keys: Sequence[Secret | None] = (),
    ) -> None:
        self.held = Held()
        self._client = client
        self._script = script
        self._stream = stream
        self._tell = tell
        self._tenants = tenants
        self._keys = keys
        self._next = 0
        self._open: dict[int, _Conversation] = {}
        self._ahead: tuple[int, int, Prepared] | None = None

    def begin(
        self,
        prompt: int,
        then: Then,
        *,
        index: int,
        intended: float,
        zero: float,
        failed: Callable[[BaseException], None],
    ) -> None:
        """Ask what the recording asks next, whatever *prompt* was drawn; *then* gets the exchange."""
        row, self._next = self._next, self._next + 1
        turn = _Turn(row, then, index, intended, zero, failed)
        session = self._script.session(row)
        if session < 0:
            self._send(turn, self._prepared(row, index), then)
            if row + 1 < len(self._script) and self._script.session(row + 1) < 0:
                # Long texts take their time: the next one is made while nothing is due.
                asyncio.get_running_loop().call_soon(self._look_ahead, row + 1, index + 1)
            return
        conversation = self._open.setdefault(session, _Conversation())
        if conversation.flying:
            conversation.waiting.append(turn)
        else:
            self._go_on(session, conversation, turn)

    def _look_ahead(self, row: int, index: int) -> None:
        if self._next == row:
            self._ahead = row, index, self._made(row, index)

    def _prepared(self, row: int, index: int) -> Prepared:
        ahead, self._ahead = self._ahead, None
        return ahead[2] if ahead is not None and ahead[:2] == (row, index) else self._made(row, index)

    def _made(self, row: int, index: int, before: Sequence[Message] = ()) -> Prepared:
        key = self._keys[self._tenants.sender(index)] if self._tenants is not None else None
        return self._client.prepare(self._script.prompt(row, before), stream=self._stream, api_key=key)

    def _send(self, turn: _Turn, prepared: Prepared, then: Then) -> None:
        self._client.begin(
            prepared,
            then,
            index=turn.index,
            intended=turn.intended,
            zero=turn.zero,
            prompt=turn.row,
            failed=turn.failed,
        )

    def _go_on(self, session: int, conversation: _Conversation, turn: _Turn) -> None:
        self.held.turns += 1
        self.held.unanswered += conversation.failed
        conversation.flying = True
        prompt = self._script.prompt(turn.row, conversation.messages)
        prepared = self._client.prepare(prompt, stream=self._stream)
        said = prompt.messages[-1]
        self._send(turn, prepared, partial(self._answered, session, conversation, turn, said))

    def _answered(
        self, session: int, conversation: _Conversation, turn: _Turn, said: Message, exchange: Exchange
    ) -> None:
        conversation.flying = False
        conversation.failed = not (exchange.ok and exchange.text)
        if not conversation.failed:
            conversation.messages += [said, {"role": "assistant", "content": exchange.text}]
        if self._script.ends(turn.row):
            self._open.pop(session, None)
        turn.then(exchange)
        if conversation.waiting and not conversation.flying:
            following = conversation.waiting.popleft()
            self.held.wait(max(clock() - following.zero - following.intended, 0.0))
            self._go_on(session, conversation, following)

    def told(self) -> dict[str, Any]:
        """What became of the sessions, for the journal."""
        held = self.held
        return {
            "turns": held.turns,
            "waited": held.waited,
            "waited_seconds": round(held.seconds, 6),
            "waited_longest": round(held.longest, 6),
            "unanswered": held.unanswered,
            "crowded": self._script.crowded,
        }

    async def close(self) -> None:
        """Give every connection back, and tell what became of the sessions."""
        if self.held.turns:
            self._tell(**self.told())
        await self._client.close()
