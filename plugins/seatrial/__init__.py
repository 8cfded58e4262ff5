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

__all__ = [
    "Exchange",
    "HarnessError",
    "Objective",
    "Outcome",
    "SeatrialError",
    "UsageError",
    "Verdict",
]


def discover(discover_system: bool = True) -> dict[str, Any]:
    """What ``chaos discover seatrial`` asks for: our actions and probes for the Chaos Toolkit.

    Args:
        discover_system: also tell the faults there are, and the proxies of the control API, if it answers.
    """
    from seatrial.chaos.toolkit.discovery import discover as discovered

    return discovered(discover_system)


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'seatrial' has no attribute {name!r}")
    return getattr(import_module(home), name)
