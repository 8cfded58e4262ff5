"""Secrets that cannot be shown by accident, and the redactor that catches those a target sends back."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Iterable
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus

MASK = "[redacted]"
# A shorter value is replaced only where it stands alone: as a part of words it would blacken whole reports.
SHORT = 6


class Secret:
    """A value that never shows in repr, str, format, pickle, JSON or an exception; only `reveal` gives it.

    Args:
        value: the secret itself.
    """

    __slots__ = ("_value",)
    _value: str

    def __init__(self, value: str | Secret) -> None:
        object.__setattr__(self, "_value", value.reveal() if isinstance(value, Secret) else str(value))

    def reveal(self) -> str:
        """The value itself: call it where the bytes are written to the wire, and nowhere else."""
        return self._value

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a secret cannot be changed")

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled: hand over the name of its environment variable instead")

    def __getstate__(self) -> NoReturn:
        self.__reduce__()


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
