"""The redactor: finds secrets that a target sends back, in every form they travel in."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from typing import NoReturn
from urllib.parse import quote, quote_plus

from seatrial.policy.secret import MASK, Secret

__all__ = ["MASK", "Redactor", "Secret"]

# A shorter value is replaced only where it stands alone: as a part of words it would blacken whole reports.
SHORT = 6


class Redactor:
    """Replaces every known secret in a text, also where it was encoded on its way.

    Found are: the value itself, behind ``Bearer``, JSON-escaped, URL-quoted, and base64 (standard and
    URL-safe, at any alignment inside a longer value such as ``Basic`` credentials).

    Args:
        secrets: the values to hide; empty ones are ignored.
    """

    def __init__(self, secrets: Iterable[Secret | str | None] = ()) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.add(*secrets)

    def add(self, *secrets: Secret | str | None) -> None:
        """Hide these values too."""
        found = {_reveal(secret) for secret in secrets}
        self._values |= {value for value in found if value}
        if self._values:
            self._pattern = _compile(self._values)

    def merge(self, other: Redactor) -> None:
        """Hide what *other* hides too."""
        self.add(*other._values)

    def redact(self, text: str) -> str:
        """*text* with every known secret replaced by ``[redacted]``; the same object where none was found."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    __call__ = redact

    def __bool__(self) -> bool:
        return self._pattern is not None

    def __repr__(self) -> str:
        return f"Redactor({len(self._values)} secrets)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a redactor holds secrets and is not pickled")


def _reveal(secret: Secret | str | None) -> str:
    if isinstance(secret, Secret):
        return secret.reveal()
    return secret or ""


def _compile(values: Iterable[str]) -> re.Pattern[str]:
    forms: set[str] = set()
    for value in values:
        forms |= {_whole(form) for form in _plain_forms(value)}
        forms |= {re.escape(form) for form in _base64_forms(value)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile("(?:" + "|".join(longest_first) + ")")


def _plain_forms(value: str) -> set[str]:
    forms = {value, quote(value, safe=""), quote(value), quote_plus(value), value.strip()}
    forms |= {
        quote(value, safe="").lower(),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
    }
    # A journal line holds the answer's JSON inside JSON: escaped once more.
    forms |= {json.dumps(form)[1:-1] for form in tuple(forms)}
    return {form for form in forms if form}


def _whole(form: str) -> str:
    if len(form) >= SHORT:
        return re.escape(form)
    return rf"(?<![A-Za-z0-9_]){re.escape(form)}(?![A-Za-z0-9_])"


def _base64_forms(value: str) -> set[str]:
    """What *value* becomes inside base64, at each alignment: the characters it alone decides."""
    data, forms = value.encode(), set()
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + data).decode()
        first = (0, 2, 3)[before]
        last = (before + len(data)) * 8 // 6
        core = encoded[first:last]
        if len(core) >= SHORT:
            forms |= {core, core.replace("+", "-").replace("/", "_"), core.replace("/", "\\/")}
    return forms
