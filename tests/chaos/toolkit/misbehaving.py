"""Activities of somebody else's, for tests."""

from __future__ import annotations

import os
import signal
import time
from typing import Any


def returns(value: Any = None) -> Any:
    """Give back what was given."""
    return value


def explode(text: str = "no such server") -> None:
    """Fail."""
    raise RuntimeError(text)


def no_json() -> Any:
    """An output that JSON cannot hold."""
    return {object(): object()}


def die() -> None:
    """The whole experiment is killed here."""
    os.kill(os.getpid(), signal.SIGKILL)


def wait(seconds: float = 60.0) -> None:
    """Take long."""
    time.sleep(seconds)


def leak(secrets: dict[str, Any] | None = None) -> str:
    """Tell a secret."""
    return f"the key is {(secrets or {}).get('token')}"


def once(path: str, first: Any, then: Any) -> Any:
    """One value at the first call, another one later."""
    if not os.path.exists(path):
        with open(path, "w", encoding="ascii"):
            return first
    if then == "explode":
        explode("connection refused")
    return then
