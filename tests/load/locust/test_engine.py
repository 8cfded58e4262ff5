"""The measuring engine inside a Locust worker: tells what it asked, and what became of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from seatrial.load.asked import Asked
from tests.load.echo import Echo

SCRIPT = Path(__file__).with_name("one_engine.py")


def told(target: Echo, killed_after: int = 0) -> dict[str, Any]:
    """What one user of the engine has told."""
    command = [sys.executable, str(SCRIPT), target.uri, str(killed_after)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["trouble"] is None
    return found


class Falling(Echo):
    """Refuses from its sixtieth request on."""

    def delay(self) -> float:
        if len(self.asked) == 60:
            self.close()
        return 0.0


def test_every_exchange_tells_what_it_asked_and_for_whom() -> None:
    with Falling() as target:
        found = told(target)
    codes, bad = found["told"]
    assert (found["asked"], found["gone"], len(codes)) == (100, None, 100)
    keys = ("sk-blue", "sk-red")
    parts = [Asked(5).parts(code) for code in codes]
    mine = [(f"prompt {prompt}", keys[tenant]) for prompt, tenant in parts]
    seen = Counter(zip(target.asked, target.keys, strict=True))
    answered = Counter(each for each, failed in zip(mine, bad, strict=True) if not failed)
    assert 50 < answered.total() <= 60
    assert answered <= seen <= Counter(mine), "one that was cut was seen, one that was refused was not"
    assert "connect" in {each["error"] for each in found["whole"]}, "bad ones are told whole"


def test_one_that_is_killed_is_told_with_what_it_took_along() -> None:
    with Echo(takes=0.1) as target:
        found = told(target, 20)
    assert found["gone"] == "was killed by signal 9"
    assert 20 <= len(found["told"][0]) < found["asked"] < 100
    assert len(found["told"][0]) <= len(target.asked)
