"""A value that must never be printed."""

from __future__ import annotations

from typing import Final

MASK: Final = "•••"


class Secret:
    """A secret read from the environment: its text comes out through `reveal` alone.

    `str`, `repr`, `format`, comparison errors and tracebacks with local variables show a mask; pickling and
    copying into JSON are refused, so that a secret cannot slip into a journal or a worker's arguments.

    Args:
        value: the secret text.
        reference: where it comes from, such as ``${env:BOT_KEY}``; this may be shown.
    """

    __slots__ = ("_value", "reference")

    def __init__(self, value: str, reference: str = "") -> None:
        self._value = value
        self.reference = reference

    def reveal(self) -> str:
        """The secret text itself; call it only where the bytes go on the wire."""
        return self._value

    def redact(self, text: str) -> str:
        """*text* with every occurrence of this secret masked; an empty secret hides nothing."""
        return text.replace(self._value, MASK) if self._value else text

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({self.reference or MASK})"

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled: give the other process its reference instead")
