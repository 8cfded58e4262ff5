"""Locust as the distributed engine: users that speak our protocols and give our exchanges.

A locustfile says ``from seatrial.load.locust import InferenceUser``. Locust patches sockets, threads and
time for its greenlets as soon as it is imported: so it runs in processes of its own, and here it is imported
only where one of its users is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seatrial.load.locust.engine import OpenLoopUser as OpenLoopUser
    from seatrial.load.locust.user import InferenceUser as InferenceUser

__all__ = ["InferenceUser", "OpenLoopUser"]

_HOMES = {"InferenceUser": "user", "OpenLoopUser": "engine"}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
