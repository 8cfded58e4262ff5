from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from seatrial.chaos.background import Background
from seatrial.targets.config import TargetConfig
from tests.chaos.pages import Keeping, keeping
from tests.chaos.world import World


@pytest.mark.parametrize(("background", "model"), [({"model": "large"}, "large"), ({}, "chat")])
def test_others_ask_meanwhile(tmp_path: Path, background: dict[str, str], model: str) -> None:
    world = World(tmp_path)
    scenario = world.scenario(background={"concurrency": 2, **background})
    target = Keeping()
    with keeping(target) as root:
        config = TargetConfig(uri=f"{root}/v1", model="chat")
        stage = SimpleNamespace(loaded=world.loaded, seed=7, config=lambda scenario: config)
        with Background(scenario, stage) as load:  # type: ignore[arg-type]
            until = time.monotonic() + 10
            while load.sent < 10 and time.monotonic() < until:
                time.sleep(0.01)
        assert load.sent >= 10
        sent = load.sent
        assert load.sent == sent
    assert target.models == {model}


def test_callers_of_a_dead_target_do_not_spin(tmp_path: Path) -> None:
    world = World(tmp_path)
    scenario = world.scenario(background={"concurrency": 2})
    config = TargetConfig(uri="http://127.0.0.1:9/v1", model="chat")
    stage = SimpleNamespace(loaded=world.loaded, seed=7, config=lambda scenario: config)
    with Background(scenario, stage) as load:  # type: ignore[arg-type]
        time.sleep(0.2)
    assert 2 <= load.sent <= 60
