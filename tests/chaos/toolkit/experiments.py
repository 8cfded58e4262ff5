"""Experiments for tests: one that is as it should be, and ways to spoil it."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from seatrial.faults.client import ControlClient

TOOLKIT = "seatrial.chaos.toolkit"
CONTROL = {
    "name": "seatrial",
    "provider": {"type": "python", "module": f"{TOOLKIT}.controls", "arguments": {"events": ""}},
}


def activity(kind: str, name: str, func: str, **arguments: Any) -> dict[str, Any]:
    """An activity of ours."""
    module = {"action": "actions", "probe": "probes"}[kind]
    if func in ("fault_hits", "attempts_per_request", "cuts_told"):
        module = "witnesses"
    provider = {"type": "python", "module": f"{TOOLKIT}.{module}", "func": func, "arguments": arguments}
    return {"type": kind, "name": name, "provider": provider}


def python(kind: str, name: str, module: str, func: str, **arguments: Any) -> dict[str, Any]:
    """An activity that calls a function of anybody's."""
    provider = {"type": "python", "module": module, "func": func, "arguments": arguments}
    return {"type": kind, "name": name, "provider": provider}


ANSWERED = {**activity("probe", "answered", "availability", requests=4), "tolerance": [0.99, 1.0]}
INJECT = activity(
    "action", "it fails", "inject_fault", proxy="primary", type="http.status", attributes={"status": 503}
)
LOOK = activity("probe", "how many are answered", "availability", requests=4)
BACK = activity("action", "it is back", "revert_fault", proxy="primary", type="http.status")


def good() -> dict[str, Any]:
    """An experiment that passes: steady, hit, taken back, steady."""
    return copy.deepcopy(
        {
            "version": "1.0.0",
            "title": "The provider fails",
            "description": "Nobody is answered meanwhile, and all is well afterwards.",
            "controls": [CONTROL],
            "steady-state-hypothesis": {"title": "answered", "probes": [ANSWERED]},
            "method": [INJECT, LOOK, BACK],
            "rollbacks": [BACK],
        }
    )


def written(folder: Path, document: Mapping[str, Any], name: str = "trial") -> Path:
    """The experiment as a file."""
    path = folder / f"{name}.experiment.yaml"
    path.write_text(yaml.safe_dump(dict(document), sort_keys=False), "utf-8")
    return path


@dataclass(frozen=True)
class Bench:
    """A target behind a fault proxy.

    Attributes:
        control: address of the proxy's control API.
        env: says to experiments where both are.
    """

    control: str
    env: dict[str, str]

    @property
    def faults(self) -> set[str]:
        """What is in force at ``primary``."""
        state = ControlClient(self.control).proxy("primary")
        return {toxic.name for toxic in state.toxics} | (set() if state.enabled else {"down"})


def run(
    document: dict[str, Any], *, rollbacks: str = "always", strategy: str = "default", **more: Any
) -> dict[str, Any]:
    """The journal of an experiment, by chaostoolkit's own means in this process."""
    from chaoslib.experiment import ensure_experiment_is_valid, run_experiment
    from chaoslib.types import Strategy

    ensure_experiment_is_valid(document)
    settings = {"runtime": {"rollbacks": {"strategy": rollbacks}}}
    journal: dict[str, Any] = run_experiment(
        document, settings=settings, strategy=Strategy.from_string(strategy), **more
    )
    return journal


def chaos(*arguments: str | Path, cwd: Path, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The stock command."""
    command = [sys.executable, "-m", "chaostoolkit", "--no-version-check", *map(str, arguments)]
    own = {**env, "HOME": str(cwd)}
    return subprocess.run(command, cwd=cwd, env=own, capture_output=True, text=True, check=False, timeout=120)
