"""Actions: what an experiment does.

Every kind of fault that seatrial knows is injected through the control API of a fault proxy. An action that
did not take raises, and a fault that is still in force when the experiment's process ends, however that
ends, is reverted by a watchdog.
"""

from __future__ import annotations

from typing import Any

from seatrial.chaos.toolkit import connection
from seatrial.chaos.toolkit.control_api import ControlError
from seatrial.chaos.toolkit.session import Injected, session

__all__ = ["inject_fault", "inject_process_fault", "revert_all", "revert_fault", "revert_process_fault"]


def inject_fault(
    proxy: str,
    type: str,
    attributes: dict[str, Any] | None = None,
    toxicity: float = 1.0,
    stream: str = "downstream",
    name: str = "",
    configuration: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Inject a fault between the target and something it depends on.

    Args:
        proxy: the proxy's name.
        type: such as down, timeout, http.status, sse.truncate; docs/faults.md lists them all.
        attributes: the fault's own.
        toxicity: the share of requests (of connections, for TCP toxics) that it hits, 0…1.
        stream: downstream or upstream, for TCP toxics.
        name: what to call it; its type by default.

    Returns:
        the fault, as the proxy has it.

    Raises:
        UsageError, ControlError: it did not take.
    """
    from seatrial.faults.registry import check

    api = connection.control(configuration)
    label = "down" if type == "down" else name or type
    wanted = {
        "name": label,
        "type": type,
        "stream": stream,
        "toxicity": toxicity,
        # A control API ignores what it does not know, a misspelt attribute among it.
        "attributes": {} if type == "down" else check(type, attributes or {}),
    }
    now = session()
    try:
        if (proxy, label) in api.faults():  # somebody else's: the watchdog must not take it back
            raise ControlError(f"{proxy} has a fault named {wanted['name']} already")
        now.arm(api, proxy, label)
        found = api.inject(proxy, wanted)
    except ControlError as error:
        now.failed(proxy, label, type, str(error))
        raise
    taken = found.get("attributes") or {}
    hits, seen = api.hits(proxy, label), api.attempts(proxy) or [{"number": 0}]
    fault = Injected(proxy, label, type, taken, toxicity, None if hits is None else 0)
    fault.hits_before, fault.attempts_before = hits or 0, seen[-1]["number"]
    now.injected(fault)
    return {"proxy": proxy, **found}


def revert_fault(
    proxy: str,
    type: str = "",
    name: str = "",
    configuration: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Take a fault back; one that is not there is fine, so that a rollback may always be played.

    Args:
        proxy: the proxy's name.
        type, name: as it was injected; one of the two is enough.

    Returns:
        whether it was there, and how often it had acted (null where the proxy does not count).

    Raises:
        ValueError: neither type nor name.
        ControlError: it is still there.
    """
    wanted = "down" if type == "down" else name or type
    if not wanted:
        raise ValueError("revert_fault needs the fault's name or its type")
    return _reverted(connection.control(configuration), proxy, wanted)


def revert_all(configuration: dict[str, Any] | None = None) -> dict[str, Any]:
    """Take back every fault that this experiment has injected and that is still in force.

    Raises:
        ControlError: one is still there.
    """
    api = connection.control(configuration)
    open_faults = [fault for fault in session().faults if not fault.reverted]
    reverted = []
    for fault in open_faults:
        if fault.name in session().processes:
            reverted.append(revert_process_fault(fault.name))
        else:
            reverted.append(_reverted(api, fault.on, fault.name))
    return {"reverted": reverted}


def _reverted(api: Any, proxy: str, name: str) -> dict[str, Any]:
    now = session()
    try:
        hits = api.hits(proxy, name)
        there = api.revert(proxy, name)
    except ControlError as error:
        now.failed(proxy, name, name, str(error))
        raise
    now.reverted(proxy, name, hits)
    now.arm(api, proxy, name, armed=False)
    return {"proxy": proxy, "name": name, "was_there": there, "hits": hits}


def inject_process_fault(
    type: str,
    pid: int = 0,
    cgroup: str = "",
    attributes: dict[str, Any] | None = None,
    name: str = "",
) -> dict[str, Any]:
    """Do something to a process: stop it, kill it, take its memory.

    Args:
        type: such as process.stop, process.kill; docs/faults.md lists them all.
        pid, cgroup: whom, by one of the two.
        attributes: the fault's own.
        name: what to call it; its type by default.

    Raises:
        ValueError: not exactly one of pid and cgroup.
        UsageError: no such fault, or a process that must not be touched.
        HarnessError: it did not take.
    """
    from pathlib import Path

    from seatrial.faults.process.registry import inject

    if bool(pid) == bool(cgroup):
        raise ValueError("inject_process_fault needs a pid or a cgroup, and not both")
    now = session()
    fault = inject(pid or Path(cgroup), type, attributes, name=name or type)
    fault.__enter__()
    now.processes[fault.name] = fault
    on = fault.victim.name
    now.injected(Injected(on, fault.name, type, attributes or {}, hits=fault.witness.hits))
    return {"on": on, "name": fault.name, "type": type, "hits": fault.witness.hits}


def revert_process_fault(name: str) -> dict[str, Any]:
    """Take back what was done to a process; one that is not there is fine.

    Args:
        name: of the fault; its type, where it was given none.

    Raises:
        HarnessError: it did not last, or could not be reverted.
    """
    now = session()
    fault = now.processes.pop(name, None)
    if fault is None:
        return {"name": name, "was_there": False, "hits": None}
    hits = fault.witness.hits
    fault.__exit__(None, None, None)
    now.reverted(fault.victim.name, name, hits)
    return {"name": name, "was_there": True, "hits": hits}
