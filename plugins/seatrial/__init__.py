"""seatrial: compliance and chaos testing of deployed AI systems.

Names are imported on first use: the pytest plugin lives in this package and must cost an unrelated
session nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from seatrial.core.errors import HarnessError as HarnessError
    from seatrial.core.errors import SeatrialError as SeatrialError
    from seatrial.core.errors import UsageError as UsageError
    from seatrial.core.exchange import Exchange as Exchange
    from seatrial.core.objective import Objective as Objective
    from seatrial.core.outcome import Outcome as Outcome
    from seatrial.core.verdict import Verdict as Verdict

_HOMES = {
    "Exchange": "seatrial.core.exchange",
    "HarnessError": "seatrial.core.errors",
    "Objective": "seatrial.core.objective",
    "Outcome": "seatrial.core.outcome",
    "SeatrialError": "seatrial.core.errors",
    "UsageError": "seatrial.core.errors",
    "Verdict": "seatrial.core.verdict",
}
# What `chaos discover seatrial` asks for; by name only, since no room below may know that one.
_DISCOVERY = {"discover": "seatrial.chaos.toolkit.discovery"}

__all__ = [
    "Exchange",
    "HarnessError",
    "Objective",
    "Outcome",
    "SeatrialError",
    "UsageError",
    "Verdict",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_DISCOVERY})  # chaostoolkit looks for functions among these


def __getattr__(name: str) -> Any:
    home = (_HOMES | _DISCOVERY).get(name)
    if home is None:
        raise AttributeError(f"module 'seatrial' has no attribute {name!r}")
    return getattr(import_module(home), name)
