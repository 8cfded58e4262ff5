"""What is wrong with a policy: every problem with its file, line and field, all told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from seatrial.core.errors import UsageError

Path = tuple[str | int, ...]
"""Where a value stands in a document: keys and list positions from its root."""

_AT_MOST: Final = 30


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or worth a warning.

    Attributes:
        where: ``policy.yaml:12``.
        field: ``spec.objectives[1].indicatr``; empty for the whole file.
        what: what is wrong.
        hint: what to do.
    """

    where: str
    field: str
    what: str
    hint: str = ""

    @property
    def place(self) -> str:
        """File, line and field."""
        return f"{self.where} {self.field}" if self.field else self.where

    @property
    def position(self) -> tuple[str, int]:
        """File and line, to sort by."""
        source, _, line = self.where.rpartition(":")
        return (source, int(line)) if line.isdigit() else (self.where, 0)

    def __str__(self) -> str:
        text = f"{self.place}: {self.what}"
        return f"{text}\n  {self.hint}" if self.hint else text


class PolicyError(UsageError):
    """A policy that cannot be run, with everything that is wrong about it.

    Args:
        problems: at least one.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        if len(self.problems) == 1:
            only = self.problems[0]
            super().__init__(only.what, where=only.place, hint=only.hint or None)
            return
        lines = [str(problem) for problem in self.problems[:_AT_MOST]]
        if len(self.problems) > _AT_MOST:
            lines.append(f"… and {len(self.problems) - _AT_MOST} more")
        super().__init__("\n".join([f"the policy has {len(self.problems)} problems", *lines]))

    def __reduce__(self) -> tuple[type[PolicyError], tuple[tuple[Problem, ...]]]:
        return PolicyError, (self.problems,)


def field_text(path: Path) -> str:
    """A path as people write it: ``spec.objectives[1].value``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that *name* was probably meant to be, or None where none is close."""
    by_folded = {_folded(candidate): candidate for candidate in known}
    close = difflib.get_close_matches(_folded(name), by_folded, n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``, did you mean 'indicator'?``, or nothing where no known name is close."""
    guess = nearest(name, known)
    return f", did you mean {guess!r}?" if guess else ""


def listed(names: Iterable[str]) -> str:
    """Names for a hint: ``a, b, c``; ``none`` where there is none."""
    return ", ".join(names) or "none"


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
