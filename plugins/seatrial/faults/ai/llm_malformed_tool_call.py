"""``llm.malformed_tool_call``: the model wants a tool called, with arguments that cannot be read.

Seen in public: vllm#41739 and #48702 (cut JSON), open-webui/computer#252 (empty arguments).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seatrial.faults.chat import ChatFault, Json, encoded, tool_calls
from seatrial.faults.registry import register
from seatrial.faults.when import When


class Attributes(When):
    """What is wrong with it."""

    how: Literal["truncated", "empty", "not_json", "unknown_tool"] = "truncated"
    """``truncated``: the arguments break off; ``empty``: there are none; ``not_json``: they are prose;
    ``unknown_tool``: they are fine, but for a tool that nobody offered."""
    keep: int = Field(default=1, ge=1)
    """Characters of truncated arguments that are left."""


@register
class LlmMalformedToolCall(ChatFault[Attributes]):
    """A tool call's arguments are cut, empty or no JSON, or the tool is not there."""

    type = "llm.malformed_tool_call"

    def prepare(self) -> None:
        self._seen: dict[int, int] = {}

    def change(self, value: Json) -> bool | None:
        changed = False
        for index, holder, name, arguments in tool_calls(value):
            if self.attributes.how == "unknown_tool":
                if holder.get(name):
                    holder[name], changed = "no_such_tool", True
            elif arguments == "input":
                # An object inside the answer cannot be malformed JSON by itself: it becomes a text that is.
                # At the start of a streamed call it is empty, and its text follows in pieces.
                if holder.get("input"):
                    holder["input"], changed = self._piece(index, encoded(holder["input"])), True
            elif isinstance(holder.get(arguments), str) and holder[arguments]:
                holder[arguments], changed = self._piece(index, holder[arguments]), True
        return changed or None

    def _piece(self, index: int, piece: str) -> str:
        """What is left of the next piece of a call's arguments."""
        before = self._seen.get(index, 0)
        self._seen[index] = before + len(piece)
        how = self.attributes.how
        if how == "truncated":
            return piece[: max(0, self.attributes.keep - before)]
        if how == "not_json":
            return "Sure! Here are the arguments." if not before else ""
        return ""
