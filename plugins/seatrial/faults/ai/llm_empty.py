"""``llm.empty``: the model said nothing, and the answer calls that complete.

Seen in public: vllm#45736 (content null with finish_reason stop), vllm#11089.
"""

from __future__ import annotations

from typing import Literal

from seatrial.faults.chat import ChatFault, Json, texts
from seatrial.faults.registry import register
from seatrial.faults.when import When


class Attributes(When):
    """What stands in the place of the text."""

    content: Literal["empty", "null", "missing"] = "empty"
    """``empty``: an empty text; ``null``: JSON's null; ``missing``: the key is not there."""


@register
class LlmEmpty(ChatFault[Attributes]):
    """The completion is empty, with a finish reason as if it were not. Tool calls are left alone."""

    type = "llm.empty"

    def change(self, value: Json) -> bool | None:
        found = [(holder, key) for holder, key in texts(value) if holder[key]]
        for holder, key in found:
            holder[key] = None if self.attributes.content == "null" else ""
            if self.attributes.content == "missing":
                del holder[key]
        return bool(found) or None
