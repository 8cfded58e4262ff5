"""``llm.garbage``: the model babbles, under a status and a form that are perfect.

Seen in public: vllm#22881 (NaN became "!!!!"), vllm#35718 and #14491 (under load only).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from seatrial.faults.chat import ChatFault, Json, texts
from seatrial.faults.registry import register
from seatrial.faults.when import When

LETTERS = "abcdefghijklmnopqrstuvwxyz     0123456789,.;#"


class Attributes(When):
    """Which garbage, and from where on."""

    how: Literal["repeat", "random"] = "repeat"
    """``repeat``: the same over and over; ``random``: letters drawn from the run's seed."""
    token: str = Field(default="!", min_length=1)
    """What is repeated."""
    after_chars: int = Field(default=0, ge=0)
    """Characters of good text before."""


@register
class LlmGarbage(ChatFault[Attributes]):
    """The text is garbage of the same length."""

    type = "llm.garbage"

    def prepare(self) -> None:
        self._said = 0

    def change(self, value: Json) -> bool | None:
        changed = False
        for holder, key in texts(value):
            text: str = holder[key]
            good = max(0, self.attributes.after_chars - self._said)
            self._said += len(text)
            if len(text) > good:
                holder[key] = text[:good] + self._garbage(len(text) - good)
                changed = True
        return changed or None

    def _garbage(self, length: int) -> str:
        if self.attributes.how == "random":
            return "".join(self.random.choices(LETTERS, k=length))
        token = self.attributes.token
        return (token * (length // len(token) + 1))[:length]
