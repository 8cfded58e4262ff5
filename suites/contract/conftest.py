"""Fixtures of the contract suite; they ship with it."""

from __future__ import annotations

from typing import Any

import pytest

from .probe import Probe

_PROBES = pytest.StashKey[dict[str, Probe]]()


@pytest.fixture
def probe(trial_target: Any, request: pytest.FixtureRequest) -> Probe:
    """Asks the target by its protocol; one for each target, so that it remembers what it has seen."""
    probes = request.config.stash.setdefault(_PROBES, {})
    known = probes.get(trial_target.config.name)
    if known is None or known.target is not trial_target:
        known = probes[trial_target.config.name] = Probe(trial_target)
    return known
