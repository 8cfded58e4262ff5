"""Quantities with units: read from what people write in a policy, written back for people.

Every pattern is anchored at both ends: ``<600ms`` or ``5 s or so`` is an error and never "about 600". A
number without a unit is refused wherever a unit could be forgotten. Decimal arithmetic turns the written
digits into the nearest float, so that ``100ms`` and ``0.1s`` are the same number.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from seatrial.core.errors import UsageError

Dimension = Literal["duration", "rate", "size", "money", "share", "count", "score"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)

Written = str | int | float
"""What a YAML scalar can be where a quantity is expected."""

_DURATIONS = {
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
_RATES = {"/s": Decimal(1), "/m": 1 / Decimal(60), "/min": 1 / Decimal(60), "/h": 1 / Decimal(3600)}
_SIZES = {
    "B": Decimal(1),
    "kB": Decimal(10**3),
    "MB": Decimal(10**6),
    "GB": Decimal(10**9),
    "KiB": Decimal(2**10),
    "MiB": Decimal(2**20),
    "GiB": Decimal(2**30),
}
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}

_NUMBER = r"(?:\d+(?:_\d+)*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?"
_WITH_UNIT = re.compile(rf"\s*({_NUMBER})\s*([^\s\d.]+)\s*", re.ASCII)
_BARE = re.compile(rf"\s*({_NUMBER})\s*", re.ASCII)
_SIGNED = re.compile(rf"\s*([+-]?{_NUMBER})\s*(%?)\s*", re.ASCII)
_PERCENT = re.compile(rf"\s*({_NUMBER})\s*(%?)\s*", re.ASCII)
_INTEGER = re.compile(r"\s*(\d+(?:_\d+)*)(?:\.0+)?\s*", re.ASCII)
_MONEY = re.compile(
    rf"\s*(?:(?P<symbol>[$€£¥])\s*(?P<after>{_NUMBER})|(?P<before>{_NUMBER})\s*(?P<code>[A-Z]{{3}}))\s*",
    re.ASCII,
)

_ACCEPTED: dict[Dimension, str] = {
    "duration": "a number with one of the units ns, us, ms, s, m, h, d, such as 500ms",
    "rate": "a number with one of the units /s, /m, /h, such as 200/s",
    "size": "a number with one of the units B, kB, MB, GB, KiB, MiB, GiB, such as 64MiB",
    "money": "an amount with its currency, such as $0.15 or 0.15 USD",
    "share": "a percentage such as 99% or a number from 0 to 1 such as 0.99",
    "count": "a whole number such as 8000",
    "score": "a plain number such as 0.85",
}
_NOUNS: dict[Dimension, str] = {
    "duration": "a duration",
    "rate": "a rate",
    "size": "a size",
    "money": "an amount of money",
    "share": "a share",
    "count": "a count",
    "score": "a score",
}
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
        number = _shortest(self.value)
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
        return f"{_shortest(self.amount)} {self.currency}"


def parse_duration(text: Written) -> float:
    """Seconds from ``500ms``, ``1.5 h``, ``30d``. A bare 0 needs no unit; any other bare number is refused.

    Raises:
        UsageError: not a duration; the hint names the accepted units.
    """
    return _scaled(text, "duration", _DURATIONS)


def parse_rate(text: Written) -> float:
    """Events per second from ``200/s``, ``90/m`` or ``1000/h``.

    Raises:
        UsageError: not a rate; the hint names the accepted units.
    """
    return _scaled(text, "rate", _RATES)


def parse_size(text: Written) -> int:
    """Bytes from ``64MiB``, ``1.5 GB``, ``512 B``: decimal (kB, MB, GB) or binary (KiB, MiB, GiB) multiples.

    Raises:
        UsageError: not a size, or not a whole number of bytes; the hint names the accepted units.
    """
    size = _scaled(text, "size", _SIZES)
    if size != int(size):
        raise _refused(text, "size", "that is not a whole number of bytes")
    return int(size)


def parse_money(text: Written) -> Money:
    """Money from ``$0.15``, ``0.15 USD`` or ``€1``. A bare 0 is no money in any currency.

    Raises:
        UsageError: not an amount with a currency.
    """
    if _is_zero(text):
        return Money(0.0)
    found = _MONEY.fullmatch(str(text))
    if not found:
        raise _refused(text, "money")
    number = found["after"] or found["before"]
    return Money(float(_decimal(number)), found["code"] or _SYMBOLS[found["symbol"]])


def parse_share(text: Written) -> float:
    """A share from 0 to 1 from ``99%``, ``0.99`` or ``0.1%``.

    Raises:
        UsageError: not a share, or outside 0…1 (a bare 99 is refused: it says nothing about its unit).
    """
    found = None if isinstance(text, bool) else _PERCENT.fullmatch(str(text))
    if not found:
        raise _refused(text, "share")
    percent = found[2] == "%"
    share = float(_decimal(found[1]) / (100 if percent else 1))
    if share > 1:
        raise _refused(
            text, "share", "more than everything" if percent else f"more than 1; is {text}% meant?"
        )
    return share


def parse_count(text: Written) -> int:
    """A whole number, 0 or more, from ``8000`` or ``8_000``.

    Raises:
        UsageError: not a whole number.
    """
    found = None if isinstance(text, bool) else _INTEGER.fullmatch(str(text))
    if not found:
        raise _refused(text, "count")
    return int(found[1])


def parse_score(text: Written) -> float:
    """A plain number, of either sign, from ``0.85``, ``-1`` or ``85%``.

    Raises:
        UsageError: not a finite number.
    """
    found = None if isinstance(text, bool) else _SIGNED.fullmatch(str(text))
    if not found:
        raise _refused(text, "score")
    score = float(_decimal(found[1]) / (100 if found[2] else 1))
    if not math.isfinite(score):
        raise _refused(text, "score")
    return score


def parse_quantity(text: Written, dimension: Dimension, unit: str | None = None) -> Quantity:
    """A quantity of a known dimension.

    Args:
        text: what was written, with its unit, or a bare number beside *unit*.
        dimension: what is expected.
        unit: unit of a bare number (OpenSLO keeps the two apart).

    Raises:
        UsageError: a unit of another dimension, no unit where one is needed, or two units.
    """
    if unit:
        if not isinstance(text, bool) and _BARE.fullmatch(str(text)):
            text = f"{text}{unit}" if unit != "1" else text
        elif not str(text).strip().endswith(unit):
            raise UsageError(
                f"{str(text)!r} has a unit of its own beside unit {unit!r}", hint="write one of the two"
            )
    if dimension == "money":
        money = parse_money(text)
        return Quantity(money.amount, "money", money.currency)
    parsers = {
        "duration": parse_duration,
        "rate": parse_rate,
        "size": parse_size,
        "share": parse_share,
        "count": parse_count,
        "score": parse_score,
    }
    return Quantity(float(parsers[dimension](text)), dimension)


def dimension_of(text: Written) -> Dimension | None:
    """The dimension that *text* tells by its own unit; None for a bare number and for what is no quantity."""
    if isinstance(text, str):
        if _MONEY.fullmatch(text):
            return "money"
        found = _WITH_UNIT.fullmatch(text)
        unit = found[2] if found else ""
        if unit == "%":
            return "share"
        tables: tuple[tuple[Dimension, dict[str, Decimal]], ...] = (
            ("duration", _DURATIONS),
            ("rate", _RATES),
            ("size", _SIZES),
        )
        return next((name for name, table in tables if unit in table), None)
    return None


def format_duration(seconds: float, digits: int = 3) -> str:
    """Seconds for people, in the unit that reads best: ``350 ms``, ``1.5 s``, ``2 min 30 s``, ``30 d``."""
    if not math.isfinite(seconds):
        return "–"
    if seconds < 0:
        return f"−{format_duration(-seconds, digits)}"
    if seconds >= 59.9995:
        return _long_duration(seconds)
    for unit, scale in (("ns", 1e-9), ("µs", 1e-6), ("ms", 1e-3)):
        text = _significant(seconds / scale, digits)
        if float(text) < 1000 and (seconds == 0 or float(text) > 0):
            return f"{text} {unit}" if seconds else "0 s"
    return f"{_significant(seconds, digits)} s"


def format_rate(per_second: float, digits: int = 3) -> str:
    """A rate for people: ``200/s``, ``1.5/min`` below one a second."""
    for unit, scale in (("s", 1.0), ("min", 60.0)):
        if per_second * scale >= 1 or per_second == 0:
            return f"{_significant(per_second * scale, digits)}/{unit}"
    return f"{_significant(per_second * 3600, digits)}/h"


def format_size(size: float, digits: int = 3) -> str:
    """Bytes for people, in binary multiples: ``64 MiB``, ``512 B``."""
    for unit, scale in (("B", 1), ("KiB", 2**10), ("MiB", 2**20)):
        if abs(size) < 1024 * scale:
            return f"{_significant(size / scale, digits)} {unit}"
    return f"{_significant(size / 2**30, digits)} GiB"


def format_money(money: Money | float, digits: int = 2) -> str:
    """Money for people: ``$0.15``, ``€12.00``; below a hundredth as many places as show *digits* figures."""
    if not isinstance(money, Money):
        money = Money(money)
    places = 2
    if 0 < abs(money.amount) < 0.01:
        places = digits - 1 - math.floor(math.log10(abs(money.amount)))
    number = f"{money.amount:,.{places}f}"
    symbol = next((symbol for symbol, code in _SYMBOLS.items() if code == money.currency), None)
    return f"{symbol}{number}" if symbol else f"{number} {money.currency}"


def format_share(share: float, digits: int = 3) -> str:
    """A share for people: ``99 %``, ``0.1 %``; near 1 the digits that tell it from 1 stay: ``99.987 %``."""
    if not math.isfinite(share):
        return "–"
    distance = min(abs(share), abs(1 - share)) * 100
    places = digits - 1 - math.floor(math.log10(distance)) if distance > 1e-9 else 0
    return f"{_stripped(f'{share * 100:.{min(max(places, 0), 8)}f}')} %"


def format_count(count: float) -> str:
    """A count for people, thousands apart: ``8,000``."""
    return f"{count:,.0f}" if float(count).is_integer() else f"{count:,.1f}"


def format_quantity(quantity: Quantity) -> str:
    """A quantity of any dimension, for people."""
    value = quantity.value
    match quantity.dimension:
        case "duration":
            return format_duration(value)
        case "rate":
            return format_rate(value)
        case "size":
            return format_size(value)
        case "money":
            return format_money(Money(value, quantity.currency))
        case "share":
            return format_share(value)
        case "count":
            return format_count(value)
        case _:
            return _shortest(value)


def spell_duration(seconds: float) -> str:
    """Exact and short, as written in a policy: ``500ms``, ``90s``, ``30d``; `parse_duration` undoes it."""
    if seconds == 0:
        return "0s"
    for unit in ("d", "h", "s", "ms", "us", "ns"):
        number = (Decimal(repr(seconds)) / _DURATIONS[unit]).normalize()
        if number == number.to_integral_value() and number < 10000:
            return f"{number:f}{unit}"
    return f"{_shortest(seconds)}s"


def spell_size(size: int) -> str:
    """Exact and short, as written in a policy: ``16MiB``, ``1000B``; `parse_size` undoes it."""
    for unit in ("GiB", "MiB", "KiB"):
        if size and size % int(_SIZES[unit]) == 0:
            return f"{size // int(_SIZES[unit])}{unit}"
    return f"{size}B"


def _scaled(text: Written, dimension: Dimension, units: dict[str, Decimal]) -> float:
    if _is_zero(text):
        return 0.0
    found = None if isinstance(text, bool) else _WITH_UNIT.fullmatch(str(text))
    if not found or found[2] not in units:
        raise _refused(text, dimension)
    value = float(_decimal(found[1]) * units[found[2]])
    if not math.isfinite(value):
        raise _refused(text, dimension)
    return value


def _refused(text: Written, dimension: Dimension, why: str = "") -> UsageError:
    """The error for *text* where a quantity of *dimension* was expected."""
    other = dimension_of(text)
    if not why and other is not None and other != dimension:
        why = f"it is {_NOUNS[other]}"
    elif not why and dimension not in ("share", "count", "score") and _BARE.fullmatch(str(text)):
        why = "it has no currency" if dimension == "money" else "it has no unit"
    said = f"{text!r} is not {_NOUNS[dimension]}" + (f": {why}" if why else "")
    return UsageError(said, hint=f"write {_ACCEPTED[dimension]}")


def _is_zero(text: Written) -> bool:
    return not isinstance(text, bool) and (text == 0 or text == "0")


def _decimal(digits: str) -> Decimal:
    return Decimal(digits.replace("_", ""))


def _shortest(value: float) -> str:
    """The shortest decimal digits that are exactly this float; whole numbers without a point."""
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(float(value))


def _significant(value: float, digits: int) -> str:
    """*value* to *digits* significant figures, never fewer than its whole part, without trailing zeros."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return _stripped(f"{value:.{max(places, 0)}f}")


def _stripped(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def _long_duration(seconds: float) -> str:
    """A minute and more: the two largest units that are not zero."""
    rest = round(seconds)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts)
