"""A Locust master that nobody listens to any more ends the load: nobody else would."""

from __future__ import annotations

import json
import subprocess
import sys

SCRIPT = """
import json, os, sys
from types import SimpleNamespace

import gevent
from seatrial.load.locust.bridge import Master

heard = []
events = SimpleNamespace(add_listener=lambda listener: None)
environment = SimpleNamespace(events=SimpleNamespace(spawning_complete=events, quitting=events))
runner = SimpleNamespace(
    register_message=lambda *_: None,
    send_message=lambda message, *_: heard.append(message),
    quit=lambda: heard.append("quit"),
)
reading, writing = os.pipe()
if sys.argv[1] == "gone":
    os.close(reading)
master = Master(environment, runner, SimpleNamespace(out=writing))
facts = {"part": 1, "asked": 0, "last": False, "blocks": [], "woke": b""}
for _ in range(2):
    master._told(SimpleNamespace(node_id="a", data=facts))
gevent.sleep(0.01)
print(json.dumps(heard))
"""


def heard(listener: str) -> list[str]:
    """What its workers hear of a master whose *listener* is there, or gone."""
    command = [sys.executable, "-c", SCRIPT, listener]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    found: list[str] = json.loads(done.stdout)
    return found


def test_a_master_whose_starter_is_gone_ends_the_load() -> None:
    assert heard("gone") == ["seatrial-end", "quit"]
    assert heard("there") == []
