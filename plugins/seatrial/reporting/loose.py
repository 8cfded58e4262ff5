"""Values out of a journal of any origin: whatever stands there, something sound comes out."""

from __future__ import annotations

import math
from typing import Any

from seatrial.core.outcome import Outcome
from seatrial.reporting.text import one_line


def sequence(value: Any) -> list[Any]:
    """A list, empty where there is none."""
    return value if isinstance(value, list) else []


def records(value: Any) -> list[dict[str, Any]]:
    """The objects in a list."""
    return [each for each in sequence(value) if isinstance(each, dict)]


def line(value: Any, limit: int = 400) -> str:
    """Text on one line, cut to *limit*; empty for nothing."""
    return one_line("" if value is None else str(value), limit)


def maybe(value: Any) -> float | None:
    """A number, None where there is none."""
    return float(value) if isinstance(value, (int, float)) else None


def whole(value: Any) -> int:
    """A count, 0 where there is none."""
    return int(value) if is_number(value) else 0


def is_number(value: Any) -> bool:
    """Whether it is a number that can be drawn."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def finite(value: Any) -> float | None:
    """A number that can be drawn, None where there is none."""
    return float(value) if is_number(value) else None


def share(value: Any) -> float | None:
    """A share from 0 to 1, None where there is none."""
    found = maybe(value)
    return found if found is not None and 0.0 <= found <= 1.0 else None


def number(value: Any) -> float:
    """A number, 0 where there is none."""
    return maybe(value) or 0.0


def outcome(value: Any) -> Outcome:
    """An outcome; what is none was not proven."""
    return Outcome(value) if value in list(Outcome) else Outcome.INCONCLUSIVE


def capital(text: str) -> str:
    """*text* as the beginning of a sentence, without its full stop."""
    text = text.rstrip(".")
    return text[:1].upper() + text[1:]
