"""``llm.finish_reason``: the answer ended for another reason than it tells, or tells none.

Seen in public: litellm#37710, agno#8218 (``length`` read as complete), litellm#8953 (``content_filter``).
"""

from __future__ import annotations

from seatrial.faults.chat import ChatFault, Json, reasons
from seatrial.faults.registry import register
from seatrial.faults.when import When

ANTHROPIC = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
"""OpenAI's words in Anthropic's."""


class Attributes(When):
    """Which reason."""

    reason: str = "length"
    """In OpenAI's words (stop, length, content_filter, tool_calls), said in Anthropic's where those are
    spoken; any other word stays as it is; ``none`` tells no reason at all."""


@register
class LlmFinishReason(ChatFault[Attributes]):
    """The finish reason is another one."""

    type = "llm.finish_reason"

    def change(self, value: Json) -> bool | None:
        found = list(reasons(value))
        for holder, key in found:
            reason: str | None = self.attributes.reason
            if key == "stop_reason" and reason is not None:
                reason = ANTHROPIC.get(reason, reason)
            holder[key] = None if reason == "none" else reason
        return bool(found) or None
