"""What is kept: every change is a record first, and only then a part of the state."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seatrial.systems.reference.defects import HEALTHY, Defects
from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.state.wal import Record, WriteAheadLog

Turns = list[list[str]]
QUEUED, COMPLETED, FAILED = "queued", "completed", "failed"


@dataclass(slots=True)
class Kept:
    """A response: what was asked, and what came of it.

    Attributes:
        turns: role and text of the messages that were new.
        options: model, instructions and so on.
        outputs: the answers; one, when all is well.
    """

    id: str
    caller: str
    created: int
    turns: Turns
    options: dict[str, Any]
    background: bool = False
    previous: str | None = None
    conversation: str | None = None
    status: str = QUEUED
    outputs: list[str] = field(default_factory=list)
    usage: list[int] | None = None
    error: dict[str, str] | None = None


@dataclass(slots=True)
class Conversation:
    """A conversation and its messages."""

    id: str
    caller: str
    created: int
    metadata: dict[str, str]
    turns: Turns = field(default_factory=list)


class Store:
    """Responses and conversations, by id.

    Args:
        path: of the write-ahead log.

    Attributes:
        resumed: whether there was a log already.
    """

    def __init__(self, path: Path, defects: Defects = HEALTHY) -> None:
        self._defects = defects
        self._log = WriteAheadLog(path)
        self.resumed = self._log.resumed
        self._responses: dict[str, Kept] = {}
        self._conversations: dict[str, Conversation] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self._apply: dict[str, Callable[[Record], None]] = {
            "accepted": self._accepted,
            "done": self._done,
            "conversation": self._began,
            "items": self._added,
        }
        for record in self._log.records:
            self._apply[record["kind"]](record)
        self._log.records.clear()
        if defects.on("conversations-mixed-up"):
            self._mix_up()

    @property
    def unfinished(self) -> list[Kept]:
        """Accepted work that has yet to be done, in the order of its acceptance."""
        again = self._defects.on("answers-twice-after-restart")
        work = [kept for kept in self._responses.values() if kept.background]
        return [kept for kept in work if kept.status == QUEUED or again]

    async def accept(self, kept: Kept, key: str | None = None) -> Kept:
        """Keep a request; returns it as it is kept.

        Args:
            key: the caller's Idempotency-Key: who asks again with it gets this response.

        Raises:
            ApiError: 503, it cannot be kept.
        """
        fields = {name: getattr(kept, name) for name in _ASKED}
        lost = "jobs-lost-on-crash" if kept.background else "state-lost-on-crash"
        await self._keep({"kind": "accepted", "key": key, **fields}, lost)
        return self._responses[kept.id]

    async def finish(
        self,
        kept: Kept,
        status: str,
        text: str = "",
        usage: list[int] | None = None,
        *,
        error: dict[str, str] | None = None,
    ) -> None:
        """Keep what came of it.

        Raises:
            ApiError: 503, it cannot be kept.
        """
        lost = "jobs-lost-on-crash" if kept.background else "state-lost-on-crash"
        record = {"kind": "done", "id": kept.id, "status": status, "text": text, "usage": usage}
        await self._keep(record | {"error": error}, lost)

    async def begin(self, caller: str, metadata: dict[str, str], turns: Turns) -> Conversation:
        """Keep a new conversation."""
        new = f"conv_{uuid.uuid4().hex}"
        record = {"kind": "conversation", "id": new, "caller": caller, "created": int(time.time())}
        await self._keep(record | {"metadata": metadata, "turns": turns}, "state-lost-on-crash")
        return self._conversations[new]

    async def add(self, conversation: Conversation, turns: Turns) -> None:
        """Keep more messages of a conversation."""
        await self._keep({"kind": "items", "id": conversation.id, "turns": turns}, "state-lost-on-crash")

    def response(self, name: str, caller: str) -> Kept:
        """The response called *name*.

        Raises:
            ApiError: 404, there is none of this caller's.
        """
        kept = self._responses.get(name)
        if kept is None or kept.caller != caller:
            raise ApiError(404, f"Response {name[:100]!r} was not found.", code="response_not_found")
        return kept

    def conversation(self, name: str, caller: str) -> Conversation:
        """The conversation called *name*.

        Raises:
            ApiError: 404, there is none of this caller's.
        """
        kept = self._conversations.get(name)
        if kept is None or kept.caller != caller:
            raise ApiError(404, f"Conversation {name[:100]!r} was not found.", code="conversation_not_found")
        return kept

    def asked_before(self, caller: str, key: str | None) -> Kept | None:
        """The response to an earlier request with the same Idempotency-Key."""
        found = self._keys.get((caller, key)) if key else None
        return self._responses.get(found) if found else None

    def before(self, kept: Kept) -> Turns:
        """All messages before its own, from the first."""
        if kept.conversation:
            return list(self._conversations[kept.conversation].turns)
        chain = []
        step = self._responses.get(kept.previous) if kept.previous else None
        while step is not None:
            chain.append(step.turns + [["assistant", text] for text in step.outputs[:1]])
            step = self._responses.get(step.previous) if step.previous else None
        return [turn for turns in reversed(chain) for turn in turns]

    async def close(self) -> None:
        """Close the log."""
        await self._log.close()

    async def _keep(self, record: Record, lost: str) -> None:
        if not self._defects.on(lost):
            try:
                await self._log.append(record)
            except OSError as error:
                raise ApiError(
                    503,
                    "It cannot be kept.",
                    kind="server_error",
                    code="storage",
                    headers={"retry-after": "5"},
                ) from error
        self._apply[record["kind"]](record)

    def _accepted(self, record: Record) -> None:
        kept = Kept(**{name: record[name] for name in _ASKED})
        self._responses[kept.id] = kept
        if record["key"]:
            self._keys[(kept.caller, record["key"])] = kept.id

    def _done(self, record: Record) -> None:
        kept = self._responses.get(record["id"])
        if kept is None:
            return
        if kept.status != QUEUED and not self._defects.on("answers-twice-after-restart"):
            return  # done once is done
        kept.status, kept.usage, kept.error = record["status"], record["usage"], record["error"]
        if kept.status != COMPLETED:
            return
        kept.outputs.append(record["text"])
        if kept.conversation in self._conversations:
            self._conversations[kept.conversation].turns += [*kept.turns, ["assistant", record["text"]]]

    def _began(self, record: Record) -> None:
        fields = {name: record[name] for name in ("id", "caller", "created", "metadata", "turns")}
        self._conversations[record["id"]] = Conversation(**fields)

    def _added(self, record: Record) -> None:
        self._conversations[record["id"]].turns += record["turns"]

    def _mix_up(self) -> None:
        done = [kept for kept in self._responses.values() if kept.outputs]
        outputs = [kept.outputs for kept in done]
        for kept, others in zip(done, outputs[1:] + outputs[:1], strict=True):
            kept.outputs = others


_ASKED = ("id", "caller", "created", "turns", "options", "background", "previous", "conversation")
