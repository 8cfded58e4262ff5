"""One OpenLoopUser sends to its end, or until its measuring engine is killed; prints what it told as JSON.

python one_engine.py URI ANSWERS_UNTIL_IT_IS_KILLED
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gevent
import locust  # noqa: TID253  # first of all: what it patches must not be in use yet

from seatrial.core.block import Block
from seatrial.core.tenants import Tenants
from seatrial.load.asked import Asked
from seatrial.load.locust import engine
from seatrial.load.locust.samples import Samples
from seatrial.load.prompts import PromptSet
from seatrial.targets.config import TargetConfig
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Prompt

PROMPTS = tuple(Prompt.of(f"prompt {number}") for number in range(5))
TENANTS = Tenants(["blue", "red"], [1, 1], "open")


def kill(side: Any, answers: int) -> None:
    while side.samples.ended < answers:
        gevent.sleep(0.01)
    me = os.getpid()
    for child in Path(f"/proc/{me}/task/{me}/children").read_text("utf-8").split():
        os.kill(int(child), signal.SIGKILL)


def main() -> None:
    uri, answers = sys.argv[1], int(sys.argv[2])
    spec = SimpleNamespace(
        arrivals=True, connections=8, stream=False, seed=1, name="open", budget=SimpleNamespace(requests=100)
    )
    order: Any = SimpleNamespace(
        config=TargetConfig(uri=uri, model="small", api_key=Secret("sk-blue")),
        prompts=PromptSet("p", PROMPTS, ""),
        codes=Asked(len(PROMPTS)),
        keys=(None, Secret("sk-red")),
        tenants=lambda: TENANTS,
        spec=spec,
        workers=1,
        seed=1,
        loaded=None,
    )
    side = SimpleNamespace(order=order, samples=Samples(), index=0, begin=None, ending=False)
    changed: Any = engine
    changed.schedule = lambda *_: [0.01 * number for number in range(1000)]
    side.begin = time.time() + 0.5
    if answers:
        gevent.spawn(kill, side, answers)
    user: Any = SimpleNamespace(environment=SimpleNamespace(seatrial=side))
    with contextlib.suppress(locust.exception.StopUser):
        engine.OpenLoopUser.arrivals(user)
    part = side.samples.part(last=True)
    rows = Block.joined([Block.from_bytes(data) for data in part["blocks"]]).rows
    told = [rows["number"].tolist(), (rows["error"] > 0).tolist()]
    print(json.dumps({"told": told, **{name: part[name] for name in ("asked", "gone", "trouble", "whole")}}))


main()
