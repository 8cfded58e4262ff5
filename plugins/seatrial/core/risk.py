"""What chance of error a policy accepts, and what it assumes about dependence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Risk:
    """The statistical side of a policy.

    Failures come in bursts, and bursts break every rule that takes requests as independent: at a burst
    length of 3 such a rule passes a system exactly at the limit in about half of all runs instead of 5 %.
    Where no failure was seen no data can tell the length of a burst, so the policy declares it.

    Attributes:
        confidence: 1 - α, α the chance of passing a system that breaks the limit.
        power: 1 - β, β the chance of failing a system that holds it.
        bursts_up_to: longest mean burst of bad events, in requests; None declares independence.
        min_duration: seconds of traffic before a load objective may pass.
        segments: separated stretches of traffic before a load objective may pass.
        pause: seconds of silence that separate two segments.
    """

    confidence: float = 0.95
    power: float = 0.9
    bursts_up_to: int | None = 5
    min_duration: float = 10.0
    segments: int = 3
    pause: float = 0.25

    @property
    def deff(self) -> float:
        """The declared design effect, ``2 L - 1`` for geometric bursts of mean length L (Kish 1965)."""
        return 1.0 if self.bursts_up_to is None else max(1.0, 2.0 * self.bursts_up_to - 1.0)

    @property
    def assumption(self) -> str:
        """The declared dependence, in words."""
        if self.bursts_up_to is None:
            return "requests fail independently (declared)"
        return f"failures come in bursts of at most {self.bursts_up_to} requests (declared)"
