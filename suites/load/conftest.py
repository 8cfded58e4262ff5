"""What the items of the suite share: each measurement is taken once a session, by the first that needs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from seatrial.load import capacity, overload, scaling
from seatrial.load.configs import targets
from seatrial.pytest.outcomes import not_applicable
from seatrial.pytest.run import trial_of

NONE = "none"
FRESH = [Path(__file__).with_name(name) for name in ("test_soak.py", "test_scaling.py")]


@pytest.fixture(scope="session")
def measured_capacity(trial: Any) -> Callable[[], capacity.Capacity]:
    """The search for the capacity that the policy asks for, run at the first call."""

    @cache
    def measured() -> capacity.Capacity:
        spec = trial.loaded.spec.capacity
        if spec is None:
            not_applicable("the policy asks for no search for capacity: spec.capacity")
        month = f"{datetime.now(UTC):%Y-%m}"
        return capacity.measure(
            trial.loaded, targets(trial.loaded), spec, seed=trial.seed, month=month, record=trial.told
        )

    return measured


@pytest.fixture(scope="session")
def measured_overload(trial: Any, measured_capacity: Any) -> Callable[[], overload.Overload]:
    """What the target does at twice the rate that breaks it, tried at the first call."""

    @cache
    def measured() -> overload.Overload:
        found, loaded = measured_capacity(), trial.loaded
        return overload.measure(
            loaded,
            targets(loaded),
            loaded.spec.capacity,
            found.upper,
            seed=trial.seed,
            record=trial.told,
        )

    return measured


@pytest.fixture(scope="session")
def measured_scaling(trial: Any) -> Callable[[], scaling.Scaling]:
    """The step of load that the policy asks for, run at the first call."""

    @cache
    def measured() -> scaling.Scaling:
        spec = trial.loaded.spec.scaling
        if spec is None:
            not_applicable("the policy asks for no step of load: spec.scaling")
        return scaling.measure(trial.loaded, targets(trial.loaded), spec, seed=trial.seed, record=trial.told)

    return measured


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First what must find a target that nothing has driven yet.

    What leaks shows against what is held at the beginning, and a step of load would find what any other
    load has made the target add.
    """
    items.sort(key=lambda item: FRESH.index(item.path) if item.path in FRESH else len(FRESH))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Once a scenario of projected demand."""
    running = trial_of(metafunc.config)
    if running is None or "demand_scenario" not in metafunc.fixturenames:
        return
    spec = running.loaded.spec.capacity
    demand = spec.demand if spec is not None else None
    # Without a case pytest skips the item, and what is skipped is not proven; it does not apply.
    names = [NONE] if demand is None else list(demand.scenarios) or ["base"]
    metafunc.parametrize("demand_scenario", names, ids=names)
