"""A value that must never be printed."""

from __future__ import annotations

import hmac
from typing import Any, Final, NoReturn

MASK: Final = "[redacted]"


class Secret:
    """A text that comes out through `reveal` alone.

    `str`, `repr`, `format`, comparison errors and tracebacks with local variables show a mask; pickling and
    JSON are refused, so that a secret cannot slip into a journal or a worker's arguments.

    Args:
        value: the secret text, or another secret.
        reference: where it comes from, such as ``${env:BOT_KEY}``; this may be shown.
    """

    __slots__ = ("_value", "reference")
    _value: str
    reference: str

    def __init__(self, value: str | Secret, reference: str = "") -> None:
        text = value.reveal() if isinstance(value, Secret) else str(value)
        origin = reference or (value.reference if isinstance(value, Secret) else "")
        object.__setattr__(self, "_value", text)
        object.__setattr__(self, "reference", origin)

    def reveal(self) -> str:
        """The secret text itself; call it only where the bytes go on the wire."""
        return self._value

    def redact(self, text: str) -> str:
        """*text* with every occurrence of this secret masked; an empty secret hides nothing."""
        return text.replace(self._value, MASK) if self._value else text

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a secret cannot be changed")

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({self.reference or MASK})"

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
        raise TypeError("a secret is not pickled: hand over its reference instead")

    def __getstate__(self) -> NoReturn:
        self.__reduce__()
