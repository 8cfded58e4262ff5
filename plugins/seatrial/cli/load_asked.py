"""What `seatrial load` was asked, and what of the policy it concerns."""

from __future__ import annotations

import importlib.util
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.core.errors import UsageError
from seatrial.core.objective import Objective
from seatrial.load.leaving import require_schedule
from seatrial.policy.effective import digest, effective
from seatrial.policy.traffic import TrafficSpec

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line says."""

    policy: str
    traffic: str | None = None
    target: str | None = None
    out: Path | None = None
    seed: int | None = None
    processes: int | None = None
    earlier: Path | None = None
    parquet: bool = False
    to_the_end: bool = False
    locust: Path | None = None
    workers: int = 2
    master: str | None = None

    def told(self) -> str:
        """The command that does the same again."""
        words = ["seatrial", "load", "--policy", self.policy]
        given = {
            "--traffic": self.traffic,
            "--target": self.target,
            "--processes": self.processes,
            "--continue": self.earlier,
            "--locust": self.locust,
            "--workers": self.workers if self.locust else None,
            "--master": self.master,
        }
        words += [str(word) for option, value in given.items() if value for word in (option, value)]
        words += ["--parquet"] if self.parquet else []
        return shlex.join([*words, *(["--to-the-end"] if self.to_the_end else [])])


def chosen(loaded: LoadedPolicy, name: str | None) -> str:
    """The traffic that is meant.

    Raises:
        UsageError: the policy has several and none was named, or none at all.
    """
    names = [traffic.name for traffic in loaded.spec.traffic]
    if name is not None:
        return name
    if len(names) == 1:
        return names[0]
    raise UsageError(
        "the policy has several traffics" if names else "the policy has no traffic",
        where=loaded.source,
        hint=f"name one with --traffic: {', '.join(names)}" if names else "add one under spec.traffic",
    )


def changed(spec: TrafficSpec, asked: Asked) -> TrafficSpec:
    """The traffic as the command line changes it.

    Raises:
        UsageError: processes or Locust for requests that leave as others are answered, or both of them.
    """
    if asked.processes is not None and asked.locust is not None:
        raise UsageError("--processes is for our own engine; Locust has --workers")
    if asked.processes is not None and asked.processes > 1 and spec.arrivals is None:
        raise UsageError(
            f"the traffic {spec.name!r} cannot be sent by several processes",
            hint="only arrivals can; a closed loop stays in one",
        )
    if asked.processes is not None and asked.processes > 1:
        require_schedule(spec, "several processes")
    if asked.locust is not None:
        require_schedule(spec, "Locust")
    update: dict[str, Any] = {"parquet": spec.parquet or asked.parquet}
    update |= {"processes": asked.processes} if asked.processes is not None else {}
    return spec.model_copy(update=update)


def require_extras(asked: Asked) -> None:
    """Tell how to get what an option needs, before anything is made.

    Raises:
        UsageError: Locust or pyarrow is not installed.
    """
    if asked.locust is not None:
        from seatrial.load.locust.launch import require_locust

        require_locust()
    elif asked.master is not None:
        raise UsageError("--master is for Locust", hint="name a locustfile with --locust FILE")
    if asked.parquet and importlib.util.find_spec("pyarrow") is None:
        raise UsageError("pyarrow is not installed", hint="pip install 'seatrial[load]'")


def objectives_of(loaded: LoadedPolicy, traffic: str) -> list[Objective]:
    """The objectives on one traffic, each with its looser bar, where it has one."""
    found = []
    for spec in loaded.spec.objectives:
        if spec.traffic == traffic:
            looser = loaded.objective(spec.name, warning=True) if spec.warning else None
            objective = loaded.objective(spec.name)
            found.append(replace(objective, warning=looser, must_have_data=spec.mustHaveData))
    return found


def facts_of(loaded: LoadedPolicy, objectives: Sequence[Objective]) -> dict[str, Any]:
    """The policy for the journal; what it demands of other traffics is not asked here."""
    whole = effective(loaded, overridden=True)
    own = {objective.name for objective in objectives}
    asked = [each for each in whole["spec"].get("objectives", ()) if each["name"] in own]
    return {
        "name": loaded.name,
        "digest": digest(loaded),
        "file": loaded.source,
        "effective": {**whole, "spec": {**whole["spec"], "objectives": asked}},
        "checklists": [],
        "notices": [str(notice) for notice in loaded.notices],
    }
