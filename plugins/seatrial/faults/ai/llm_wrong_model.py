"""``llm.wrong_model``: another model has answered than was asked, as after a fallback that nobody declared.

Seen in public: litellm#28241, #13486.
"""

from __future__ import annotations

from seatrial.faults.chat import ChatFault, Json, models
from seatrial.faults.registry import register
from seatrial.faults.when import When


class Attributes(When):
    """Which model it says it is."""

    served: str = "another-model"
    """The name that the answer tells."""


@register
class LlmWrongModel(ChatFault[Attributes]):
    """The answer names another model."""

    type = "llm.wrong_model"

    def change(self, value: Json) -> bool | None:
        found = [(holder, key) for holder, key in models(value) if holder[key] != self.attributes.served]
        for holder, key in found:
            holder[key] = self.attributes.served
        return bool(found) or None
