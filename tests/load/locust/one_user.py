"""One InferenceUser for each address asks three times, in a process of its own, and prints what came of it.

python one_user.py '[[URI, FIRST_BYTE, IDLE, TOTAL], ...]'
"""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import locust  # noqa: TID253  # first of all: what it patches must not be in use yet
from gevent.pool import Pool

from seatrial.load.asked import Asked
from seatrial.load.locust.samples import Samples
from seatrial.load.locust.user import InferenceUser
from seatrial.targets.config import TargetConfig, Timeouts


class One(InferenceUser):
    """Asks when told."""

    tasks = [locust.task(lambda user: None)]  # noqa: RUF012  # Locust's way


def ask(uri: str, first_byte: float, idle: float, total: float) -> list[dict[str, Any]]:
    limits = Timeouts(1.0, first_byte, idle, total)
    config = TargetConfig(uri=uri, model="small", timeouts=limits, max_body=10_000)
    spec = SimpleNamespace(stream=True, max_tokens=None)
    order = SimpleNamespace(config=config, spec=spec, keys=(), codes=Asked(0))
    side: Any = SimpleNamespace(order=order, samples=Samples())
    side.tenant, side.prompt = (lambda number, name: 0), (lambda prompt: -1)
    environment: Any = locust.env.Environment(user_classes=[One])
    environment.seatrial = side
    user = One(environment)
    found = []
    for stream in (True, True, False):
        exchange = user.ask("Hello", stream=stream)
        found.append({"error": exchange.error, "status": exchange.status, "text": exchange.text})
        found[-1] |= {"chunks": exchange.chunks, "detail": exchange.detail, "took": exchange.duration}
    assert side.samples.asked == side.samples.ended == 3
    return found


if __name__ == "__main__":
    print(json.dumps(Pool().map(lambda each: ask(*each), json.loads(sys.argv[1]))))
