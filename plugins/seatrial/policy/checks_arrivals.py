"""What can be wrong about when requests leave, beyond what the arrivals say by themselves."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.policy.parts import Parts, file_of
from seatrial.policy.problems import Path, Problem


def arrivals_stand(parts: Parts) -> Iterator[Problem]:
    """Traces that are not there, and arrivals that cannot be sent where they are asked for."""
    for index, traffic in parts.traffic.items():
        if parts.trial and traffic.arrivals is not None and traffic.arrivals.file is not None:
            at: Path = ("traffic", index, "arrivals", "file")
            folder = parts.tree.at(("spec", *at)).origin.folder
            if not file_of(traffic.arrivals.file, folder).is_file():
                what = f"there is no trace {traffic.arrivals.file!r}"
                yield parts.problem(what, "a CSV or JSON lines, relative to the policy", at=at)
    yield from _under_faults(parts)


def _under_faults(parts: Parts) -> Iterator[Problem]:
    """Under a fault requests leave on schedule, or each of so many callers waits for an answer."""
    names = parts.names("traffic")
    for index, scenario in parts.resilience.items():
        traffic = parts.traffic_named(scenario.traffic or (names[0] if len(names) == 1 else None))
        arrivals = traffic.arrivals if traffic is not None else None
        if traffic is None or arrivals is None or arrivals.scheduled or scenario.concurrency == 1:
            continue
        what = f"traffic {traffic.name!r} has arrivals of kind {arrivals.kind}, which no fault is tried under"
        hint = "name another traffic: one with arrivals on schedule, or with concurrency alone"
        at = ("resilience", index, "traffic") if scenario.traffic else ("resilience", index)
        yield parts.problem(what, hint, at=at)
