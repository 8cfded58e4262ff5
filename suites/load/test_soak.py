"""Suite `load` (R34): what grows over hours of steady traffic, where the policy asks for a soak."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from seatrial.load.configs import targets
from seatrial.load.soak.from_policy import soak, soak_names
from seatrial.load.soak.growth import Growth
from seatrial.load.soak.state import State, path_in
from seatrial.pytest.outcomes import not_applicable
from seatrial.pytest.run import trial_of

from .ruling import settle

FIGURES = ("latency", "latency-p95", "errors", "memory", "files")
NONE = "none"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Once for every figure of every soak."""
    running = trial_of(metafunc.config)
    if running is None or "figure" not in metafunc.fixturenames:
        return
    cases = []
    for name in soak_names(running.loaded):
        gauges = running.loaded.traffic(name).soak.gauges  # type: ignore[union-attr]
        cases += [(name, figure) for figure in (*FIGURES, *(gauge.name for gauge in gauges))]
    cases = cases or [(NONE, NONE)]
    metafunc.parametrize(("soaked", "figure"), cases, ids=["-".join(dict.fromkeys(case)) for case in cases])


@pytest.fixture(scope="session")
def measured_soak(trial: Any) -> Callable[[str], tuple[list[Growth], int]]:
    """What a soak came to, and its requests; run at the first call, or what an earlier run left of it."""

    @cache
    def measured(name: str) -> tuple[list[Growth], int]:
        earlier = trial.config.getoption("trial_continue")
        left = path_in(_folder(Path(earlier)), name) if earlier else None
        soaking = soak(
            trial.loaded,
            name,
            targets(trial.loaded),
            folder=trial.folder,
            seed=trial.seed,
            record=trial.told,
            earlier=State.load(left) if left is not None and left.exists() else None,
        )
        return soaking.run(), soaking.state.sent

    return measured


def _folder(run: Path) -> Path:
    return run if run.is_dir() else run.parent


def test_soak(measured_soak: Any, soaked: str, figure: str, trial: Any, request: Any) -> None:
    """Nothing grows over hours of steady traffic."""
    if soaked == NONE:
        not_applicable("no traffic of the policy asks for a soak: spec.traffic[].soak")
    findings, sent = measured_soak(soaked)
    found = next((each for each in findings if each.figure == figure), None)
    if found is None:
        not_applicable("the policy names no process of the target: spec.targets[].process")
    settle(trial, request.node.nodeid, found.outcome, found.reason, sent)
