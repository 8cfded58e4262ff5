"""Quantities with units: read from what people write in a policy, written back for people.

Every pattern is anchored at both ends: ``<600ms`` or ``5 s or so`` is an error and never "about 600". A
number without a unit is refused wherever a unit could be forgotten. Decimal arithmetic turns the written
digits into the nearest float, so that ``100ms`` and ``0.1s`` are the same number.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

from seatrial.core.errors import UsageError
from seatrial.core.quantity import (
    DIMENSIONS,
    DURATIONS,
    RATES,
    SIZES,
    SYMBOLS,
    Dimension,
    Money,
    Quantity,
)
from seatrial.core.quantity_text import (
    format_count,
    format_duration,
    format_money,
    format_quantity,
    format_rate,
    format_share,
    format_size,
    spell_duration,
    spell_size,
)

__all__ = [
    "DIMENSIONS",
    "Dimension",
    "Money",
    "Quantity",
    "Written",
    "dimension_of",
    "format_count",
    "format_duration",
    "format_money",
    "format_quantity",
    "format_rate",
    "format_share",
    "format_size",
    "parse_count",
    "parse_duration",
    "parse_money",
    "parse_quantity",
    "parse_rate",
    "parse_score",
    "parse_share",
    "parse_size",
    "spell_duration",
    "spell_size",
]

Written = str | int | float
"""What a YAML scalar can be where a quantity is expected."""

_NUMBER = r"(?:\d+(?:_\d+)*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?"
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


def parse_duration(text: Written) -> float:
    """Seconds from ``500ms``, ``1.5 h``, ``30d``. A bare 0 needs no unit; any other bare number is refused.

    Raises:
        UsageError: not a duration; the hint names the accepted units.
    """
    return _scaled(text, "duration", DURATIONS)


def parse_rate(text: Written) -> float:
    """Events per second from ``200/s``, ``90/m`` or ``1000/h``.

    Raises:
        UsageError: not a rate; the hint names the accepted units.
    """
    return _scaled(text, "rate", RATES)


def parse_size(text: Written) -> int:
    """Bytes from ``64MiB``, ``1.5 GB``, ``512 B``: decimal (kB, MB, GB) or binary (KiB, MiB, GiB) multiples.

    Raises:
        UsageError: not a size, or not a whole number of bytes; the hint names the accepted units.
    """
    size = _scaled(text, "size", SIZES)
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
    found = _match(_MONEY, text)
    if not found:
        raise _refused(text, "money")
    number = found["after"] or found["before"]
    return Money(float(_decimal(number)), found["code"] or SYMBOLS[found["symbol"]])


def parse_share(text: Written) -> float:
    """A share from 0 to 1 from ``99%``, ``0.99`` or ``0.1%``.

    Raises:
        UsageError: not a share, or outside 0…1 (a bare 99 is refused: it says nothing about its unit).
    """
    found = _match(_PERCENT, text)
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
    found = _match(_INTEGER, text)
    if not found:
        raise _refused(text, "count")
    return int(found[1])


def parse_score(text: Written) -> float:
    """A plain number, of either sign, from ``0.85``, ``-1`` or ``85%``.

    Raises:
        UsageError: not a finite number.
    """
    found = _match(_SIGNED, text)
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
        if _match(_BARE, text):
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
        if _match(_MONEY, text):
            return "money"
        found = _match(_WITH_UNIT, text)
        unit = found[2] if found else ""
        if unit == "%":
            return "share"
        tables: tuple[tuple[Dimension, dict[str, Decimal]], ...] = (
            ("duration", DURATIONS),
            ("rate", RATES),
            ("size", SIZES),
        )
        return next((name for name, table in tables if unit in table), None)
    return None


def _match(pattern: re.Pattern[str], text: Written) -> re.Match[str] | None:
    """The match of the whole text; True is no number, and neither are a hundred digits."""
    return None if isinstance(text, bool) or len(str(text)) > 40 else pattern.fullmatch(str(text))


def _scaled(text: Written, dimension: Dimension, units: dict[str, Decimal]) -> float:
    if _is_zero(text):
        return 0.0
    found = _match(_WITH_UNIT, text)
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
    elif not why and dimension not in ("share", "count", "score") and _match(_BARE, text):
        why = "it has no currency" if dimension == "money" else "it has no unit"
    said = f"{text!r} is not {_NOUNS[dimension]}" + (f": {why}" if why else "")
    return UsageError(said, hint=f"write {_ACCEPTED[dimension]}")


def _is_zero(text: Written) -> bool:
    return not isinstance(text, bool) and (text == 0 or text == "0")


def _decimal(digits: str) -> Decimal:
    return Decimal(digits.replace("_", ""))
