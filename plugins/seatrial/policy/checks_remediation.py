"""What can be wrong about loops of automated remediation, and between them, their signals and the rest."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.policy.checks_resilience import PROCESS, inject_stands, traffic_stands
from seatrial.policy.parts import Parts
from seatrial.policy.problems import Path, Problem
from seatrial.policy.remediation import RemediationSpec


def remediation_stands(parts: Parts) -> Iterator[Problem]:
    """Loops that cannot be exercised as they are written."""
    for index, loop in parts.remediation.items():
        at: Path = ("remediation", index)
        yield from traffic_stands(parts, loop.traffic, "loop", at)
        for number, inject in enumerate(loop.inject):
            yield from inject_stands(parts, inject, (*at, "inject", number))
        yield from _signals(parts, loop, at)
        yield from _persists(parts, loop, at)
        if loop.name in parts.names("resilience"):
            what = f"{loop.name!r} is a scenario already: reports could not tell them apart"
            yield parts.problem(what, at=(*at, "name"))


def _signals(parts: Parts, loop: RemediationSpec, at: Path) -> Iterator[Problem]:
    """Signals that are there, each for one thing."""
    purposes: dict[str, str] = {}
    for key, name in loop.signals.items():
        if name not in parts.names("signals"):
            yield parts.unknown("signals", name, at=(*at, key, "signal"))
        elif name in purposes:
            what = f"{name!r} is this loop's {purposes[name]} already: one could not be told from the other"
            yield parts.problem(what, "give each a signal of its own", at=(*at, key, "signal"))
        purposes.setdefault(name, key)


def _persists(parts: Parts, loop: RemediationSpec, at: Path) -> Iterator[Problem]:
    """Only a process is started anew; a fault on a dependency stands until it is taken back anyhow."""
    if loop.persists and not any(inject.toxic.startswith(PROCESS) for inject in loop.inject):
        what = "none of these faults hits a process: they last until they are taken back anyhow"
        yield parts.problem(what, "drop persists", at=(*at, "persists"))
