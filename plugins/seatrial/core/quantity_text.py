"""Quantities for people, and exact as they are written in a policy."""

from __future__ import annotations

import math
from decimal import Decimal

from seatrial.core.quantity import DURATIONS, SIZES, SYMBOLS, Money, Quantity, shortest


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
    symbol = next((symbol for symbol, code in SYMBOLS.items() if code == money.currency), None)
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
            return shortest(value)


def spell_duration(seconds: float) -> str:
    """Exact and short, as written in a policy: ``500ms``, ``90s``, ``30d``; `parse_duration` undoes it."""
    if seconds == 0:
        return "0s"
    for unit in ("d", "h", "s", "ms", "us", "ns"):
        number = (Decimal(repr(seconds)) / DURATIONS[unit]).normalize()
        if number == number.to_integral_value() and number < 10000:
            return f"{number:f}{unit}"
    return f"{shortest(seconds)}s"


def spell_size(size: int) -> str:
    """Exact and short, as written in a policy: ``16MiB``, ``1000B``; `parse_size` undoes it."""
    for unit in ("GiB", "MiB", "KiB"):
        if size and size % int(SIZES[unit]) == 0:
            return f"{size // int(SIZES[unit])}{unit}"
    return f"{size}B"


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
