"""The watchdog's end in the experiment: nothing is injected without it."""

from __future__ import annotations

import os
import signal

import pytest

from seatrial.chaos.toolkit.watchdog import Watchdog
from seatrial.core.errors import HarnessError
from seatrial.faults.client import ControlClient
from tests.chaos.toolkit.experiments import Bench


def test_what_is_armed_is_taken_back_at_the_end(bench: Bench) -> None:
    client = ControlClient(bench.control)
    client.add_toxic("primary", "latency", name="slow", attributes={"latency": 1})
    dog = Watchdog()
    dog.tell(bench.control, "primary", "slow", armed=True)
    assert bench.faults == {"slow"}
    assert dog.end() == 0
    assert bench.faults == set()


def test_what_was_disarmed_stays(bench: Bench) -> None:
    ControlClient(bench.control).add_toxic("primary", "latency", name="slow", attributes={"latency": 1})
    dog = Watchdog()
    dog.tell(bench.control, "primary", "slow", armed=True)
    dog.tell(bench.control, "primary", "slow", armed=False)
    assert dog.end() == 0
    assert bench.faults == {"slow"}


def test_ctrl_c_does_not_reach_it(bench: Bench) -> None:
    dog = Watchdog()
    dog.tell(bench.control, "primary", "none", armed=True)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(dog._process.pid, number)
    dog.tell(bench.control, "primary", "none", armed=False)
    assert dog.end() == 0


def test_one_that_is_gone_is_told(bench: Bench) -> None:
    dog = Watchdog()
    dog._process.kill()
    dog._process.wait()
    with pytest.raises(HarnessError, match="watchdog of faults is gone"):
        dog.tell(bench.control, "primary", "slow", armed=True)
    dog.end()
