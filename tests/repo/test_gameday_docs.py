"""docs/gameday.md tells every key that a game day's file may have."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from seatrial.chaos.gameday import model, script, signal_model
from tests.repo import PROJECT

MODELS = [
    model.Spec,
    model.SystemSpec,
    model.DependencySpec,
    model.Background,
    model.Objective,
    model.StopCondition,
    script.Step,
    script.Pause,
    script.Expect,
    script.Checkpoint,
    signal_model.SignalSpec,
    signal_model.Metric,
    signal_model.Prometheus,
    signal_model.Alertmanager,
    signal_model.Webhook,
]


@pytest.mark.parametrize("part", MODELS, ids=lambda part: part.__name__)
def test_every_key_is_told(part: type[BaseModel]) -> None:
    page = (PROJECT / "docs" / "gameday.md").read_text("utf-8")
    assert [name for name in part.model_fields if name not in page] == []


def test_the_injection_is_told() -> None:
    page = (PROJECT / "docs" / "gameday.md").read_text("utf-8")
    known = set(script.Inject.model_fields) - {"role", "which", "name"}  # a game day injects by name alone
    assert [name for name in sorted(known) if name not in page] == []
