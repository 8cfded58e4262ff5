"""One entry of the catalogue of defects."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that can be wrong with a deployed system.

    Attributes:
        name: what ``--defect`` takes.
        summary: what a client sees, one sentence.
        requirements: ids of the requirements it breaks.
        caught_by: the suites whose checks notice it.
        caught: an objective's name, or a test's: at least one of the checks with these names turns red.
        share: the share of relevant requests it hits (1: all).
    """

    name: str
    summary: str
    requirements: tuple[str, ...]
    caught_by: tuple[str, ...]
    caught: tuple[str, ...]
    share: float = 1.0
