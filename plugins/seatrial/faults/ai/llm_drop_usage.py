"""``llm.drop_usage``: tokens are not told, or told as none: costs become unknown, or look like nothing.

Seen in public: litellm#35290 (more than 90 % not counted), #37924 ($2 shown for about 830 EUR).
"""

from __future__ import annotations

from typing import Any, Literal

from seatrial.faults.chat import ChatFault, Json, usages
from seatrial.faults.registry import register
from seatrial.faults.when import When


class Attributes(When):
    """What stands in the place of the counts."""

    how: Literal["missing", "null", "zero"] = "missing"
    """``missing``: no usage at all; ``null``: JSON's null; ``zero``: every count is 0."""


@register
class LlmDropUsage(ChatFault[Attributes]):
    """The answer does not tell its tokens."""

    type = "llm.drop_usage"

    def change(self, value: Json) -> bool | None:
        found = list(usages(value))
        for holder, key in found:
            if self.attributes.how == "missing":
                del holder[key]
            else:
                holder[key] = None if self.attributes.how == "null" else zeroed(holder[key])
        # OpenAI's streams tell their tokens in a chunk of their own, which is nothing without them.
        alone = found and self.attributes.how == "missing" and value.get("choices") == []
        return False if alone else bool(found) or None


def zeroed(value: Any) -> Any:
    """The same with every number 0."""
    if isinstance(value, dict):
        return {key: zeroed(each) for key, each in value.items()}
    return 0 if isinstance(value, (int, float)) and not isinstance(value, bool) else value
