"""Numbers as people read them: shares, intervals, times, counts, money, axis ticks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seatrial.core import units

RANGE = " … "
_MOST_DECIMALS = 4


def count(value: float) -> str:
    """``9412`` → ``9,412``."""
    return units.format_count(value)


def share(value: float) -> str:
    """A share (0…1) as percent: ``0.0372`` → ``3.7 %``; near 100 % the digits that tell it from 100 stay."""
    return units.format_share(value, 2)


def share_range(lower: float, upper: float, limit: float = math.nan) -> str:
    """Two shares as percent with as many decimals as the finer of them needs: ``0.6 … 3.9 %``.

    Args:
        lower, upper: the shares, 0…1.
        limit: a share that neither should be rounded to, if one more decimal tells it apart.
    """
    decimals = max(_decimals(lower), _decimals(upper))
    if any(_told_apart_by_one_more(end, limit, decimals) for end in (lower, upper)):
        decimals += 1
    return f"{_percent(lower, decimals)}{RANGE}{_percent(upper, decimals)} %"


def number(value: float) -> str:
    """A plain number to three significant digits: ``0.8712`` → ``0.871``."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def seconds(value: float) -> str:
    """A duration in its natural unit: ``0.35`` → ``350 ms``, ``221`` → ``3 min 41 s``."""
    return units.format_duration(value)


def money(value: float) -> str:
    """US dollars."""
    return units.format_money(value)


def size(value: float) -> str:
    """Bytes in binary units: ``25769803776`` → ``24 GiB``."""
    return units.format_size(value)


def plural(number_of: int, one: str, many: str | None = None) -> str:
    """``1 objective``, ``4 objectives``."""
    return f"{count(number_of)} {one if number_of == 1 else many or one + 's'}"


def listed(words: Sequence[str], limit: int = 3) -> str:
    """``a``, ``a and b``, ``a, b and 2 more``."""
    shown = list(words)
    if len(shown) > limit:
        shown = [*shown[: limit - 1], f"{len(words) - limit + 1} more"]
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1] if shown else ""


def ticks(upper: float, about: int = 5) -> list[float]:
    """Round positions from 0 to *upper*, about as many as wished.

    Args:
        upper: end of the axis, in its own unit; not positive gives only zero.
        about: how many intervals to aim at.
    """
    if not upper > 0 or not math.isfinite(upper):
        return [0.0]
    raw = upper / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999)
    return [step * place for place in range(int(upper / step + 1e-9) + 1)]


def _told_apart_by_one_more(value: float, limit: float, decimals: int) -> bool:
    same = _percent(value, decimals) == _percent(limit, decimals)
    return same and _percent(value, decimals + 1) != _percent(limit, decimals + 1)


def _decimals(value: float) -> int:
    percent = abs(value) * 100
    distance = min(percent, abs(100 - percent)) if percent < 100 else percent
    if distance < 1e-9:
        return 0
    wanted = 1 - math.floor(math.log10(distance))
    return min(max(wanted, 0), _MOST_DECIMALS)


def _percent(value: float, decimals: int) -> str:
    text = f"{value * 100:.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) if decimals else text
