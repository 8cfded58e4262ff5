from __future__ import annotations

import time

from seatrial.chaos.health import HealthWatch
from seatrial.targets.config import TargetConfig
from tests.chaos.pages import Keeping, keeping


def test_pages_that_exist_are_watched() -> None:
    target = Keeping()
    with keeping(target) as root, HealthWatch(TargetConfig(uri=f"{root}/v1", health="/nowhere")) as watch:
        for wanted in (200, 503):
            target.ready = wanted
            until = time.monotonic() + 10
            while wanted not in {sample.status for sample in watch.samples} and time.monotonic() < until:
                time.sleep(0.02)
    assert {sample.path for sample in watch.samples} == {"/ready"}
    assert {sample.status for sample in watch.samples} == {200, 503}
    count = len(watch.samples)
    assert len(watch.samples) == count


def test_a_target_without_pages_is_left_alone() -> None:
    target = Keeping()
    target.ready = 404
    with keeping(target) as root, HealthWatch(TargetConfig(uri=f"{root}/v1")) as watch:
        pass
    assert watch.samples == []
