"""What ``chaos discover seatrial`` finds: our activities with their arguments, the faults, the proxies.

The discovery works from an installed wheel; chaostoolkit does not find the package of an editable install.
"""

from __future__ import annotations

import typing
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from types import NoneType
from typing import Any

from seatrial.chaos.toolkit import connection
from seatrial.core.errors import HarnessError

KINDS = {"actions": "action", "probes": "probe", "witnesses": "probe", "tolerances": "probe"}


def discover(discover_system: bool = True) -> dict[str, Any]:
    """The extension, as chaostoolkit wants it described.

    Args:
        discover_system: also tell the faults there are, and the proxies of the control API, if it answers.
    """
    from chaoslib.discovery.discover import discover_activities, initialize_discovery_result

    import seatrial

    found: dict[str, Any] = initialize_discovery_result("seatrial", seatrial.__version__, "seatrial")
    for module, kind in KINDS.items():
        name = f"{__package__}.{module}"
        activities = discover_activities(name, kind)
        for activity in activities:
            _name_types(activity, getattr(import_module(name), activity["name"]))
        found["activities"].extend(activities)
    if discover_system:
        found["system"] = _system()
    return found


def _name_types(activity: dict[str, Any], function: Any) -> None:
    """Types by the names that chaostoolkit knows; it cannot read annotations that are kept as text."""
    from chaoslib.discovery.discover import portable_type_name

    hints = typing.get_type_hints(function)
    for argument in activity["arguments"]:
        argument["type"] = portable_type_name(_plain(hints[argument["name"]]))
    activity["return_type"] = portable_type_name(_plain(hints["return"]))


def _plain(hint: Any) -> Any:
    """``dict`` of ``dict[str, Any] | None``."""
    members = [member for member in typing.get_args(hint) if member is not NoneType]
    if NoneType in typing.get_args(hint):
        hint = members[0]
    return typing.get_origin(hint) or hint


def _system() -> dict[str, Any]:
    from seatrial.faults.process.registry import process_kinds
    from seatrial.faults.registry import kinds

    proxies: dict[str, Any] | None = None
    with suppress(HarnessError):  # nobody answers there
        proxies = {name: asdict(proxy) for name, proxy in connection.control(None).proxies().items()}
    return {"faults": ["down", *sorted(kinds())], "process_faults": list(process_kinds()), "proxies": proxies}
