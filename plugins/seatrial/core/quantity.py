"""Quantities: numbers with a dimension, and the units they are written in."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

Dimension = Literal["duration", "rate", "size", "money", "share", "count", "score"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

DURATIONS = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),  # micro sign
    "μs": Decimal("1e-6"),  # Greek mu: what some keyboards and editors write
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}
RATES = {"/s": Decimal(1), "/m": 1 / Decimal(60), "/min": 1 / Decimal(60), "/h": 1 / Decimal(3600)}
SIZES = {
    "B": Decimal(1),
    "kB": Decimal(10**3),
    "MB": Decimal(10**6),
    "GB": Decimal(10**9),
    "KiB": Decimal(2**10),
    "MiB": Decimal(2**20),
    "GiB": Decimal(2**30),
}
SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
_BASE: dict[Dimension, str] = {
    "duration": "s",
    "rate": "/s",
    "size": "B",
    "money": "USD",
    "share": "",
    "count": "",
    "score": "",
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its dimension.

    Attributes:
        value: in the base unit of the dimension: seconds, per second, bytes, the currency's main unit, or 1.
        dimension: what kind of quantity it is.
        currency: ISO 4217 code, only for money.
    """

    value: float
    dimension: Dimension
    currency: str = ""

    def __str__(self) -> str:
        """Exact text: `parse_quantity` gives this very quantity back."""
        number = shortest(self.value)
        return (
            f"{number} {self.currency}" if self.dimension == "money" else f"{number}{_BASE[self.dimension]}"
        )


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency (ISO 4217 code)."""

    amount: float
    currency: str = "USD"

    def __str__(self) -> str:
        """Exact text: `parse_money` gives this very amount back."""
        return f"{shortest(self.amount)} {self.currency}"


def shortest(value: float) -> str:
    """The shortest decimal digits that are exactly this float; whole numbers without a point."""
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(float(value))
