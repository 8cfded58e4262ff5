"""One InferenceUser asks once, in a process of its own: what came of it is printed as JSON.

python one_user.py URI FIRST_BYTE IDLE TOTAL
"""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any

import locust  # noqa: TID253  # first of all: what it patches must not be in use yet

from seatrial.load.locust.samples import Samples
from seatrial.load.locust.user import InferenceUser
from seatrial.targets.config import TargetConfig, Timeouts


class One(InferenceUser):
    """Asks when told."""

    tasks = [locust.task(lambda user: None)]  # noqa: RUF012  # Locust's way


def main() -> None:
    uri, *bounds = sys.argv[1:]
    first_byte, idle, total = map(float, bounds)
    limits = Timeouts(1.0, first_byte, idle, total)
    config = TargetConfig(uri=uri, model="small", timeouts=limits, max_body=10_000)
    spec = SimpleNamespace(stream=True, max_tokens=None)
    side = SimpleNamespace(order=SimpleNamespace(config=config, spec=spec), samples=Samples())
    environment: Any = locust.env.Environment(user_classes=[One])
    environment.seatrial = side
    user = One(environment)
    found = []
    for stream in (True, True, False):
        exchange = user.ask("Hello", stream=stream)
        found.append({"error": exchange.error, "status": exchange.status, "text": exchange.text})
        found[-1] |= {"chunks": exchange.chunks, "detail": exchange.detail, "took": exchange.duration}
    assert side.samples.asked == side.samples.ended == 3
    print(json.dumps(found))


main()
