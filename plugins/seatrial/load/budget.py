"""How much a traffic may spend: requests, time and money."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from seatrial.core.block import NO_TOKENS, Block
from seatrial.core.exchange import Exchange
from seatrial.core.units import format_duration


@dataclass(frozen=True, slots=True)
class Budget:
    """Upper limits; None means none.

    Attributes:
        requests: exchanges, warm-up not counted.
        duration: seconds of sending, pauses between segments not counted.
        cost: US dollars by the target's price list.
    """

    requests: int | None = None
    duration: float | None = None
    cost: float | None = None

    def spent(self, requests: int, duration: float, cost: float) -> str | None:
        """Why nothing more may be sent, None while it may."""
        if self.requests is not None and requests >= self.requests:
            return f"the budget of {self.requests:,} requests is spent"
        if self.duration is not None and duration >= self.duration:
            return f"the budget of {format_duration(self.duration)} is spent"
        if self.cost is not None and cost >= self.cost:
            return f"the budget of ${self.cost:g} is spent"
        return None


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars a token, by the target's price list."""

    input: float = 0.0
    output: float = 0.0

    def __bool__(self) -> bool:
        return self.input > 0 or self.output > 0

    def of(self, exchange: Exchange) -> float:
        """What *exchange* cost.

        Where the target reports no usage, each byte of the answer is charged as a token: a token is hardly
        ever shorter than a byte, so a money budget errs on the side of stopping early.
        """
        if exchange.usage is not None:
            return exchange.usage.input_tokens * self.input + exchange.usage.output_tokens * self.output
        return math.ceil(exchange.received) * self.output

    def of_block(self, block: Block) -> float:
        """What all exchanges of *block* cost."""
        if not self:
            return 0.0
        rows = block.rows
        known = (rows["input"] != NO_TOKENS) & (rows["output"] != NO_TOKENS)
        told = rows["input"].astype(np.float64) * self.input + rows["output"].astype(np.float64) * self.output
        return float(np.where(known, told, rows["received"] * self.output).sum())
