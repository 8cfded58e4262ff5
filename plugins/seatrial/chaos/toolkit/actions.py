"""Actions: what an experiment does.

Every kind of fault that seatrial knows is injected through the control API of a fault proxy. An action that
did not take raises, and a fault that is still in force when the experiment's process ends, however that ends,
is taken back by a watchdog.
"""

from __future__ import annotations

from typing import Any

from seatrial.chaos.toolkit import connection
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
        the fault, as it was injected.

    Raises:
        UsageError: no such fault, or attributes that it does not have.
        HarnessError: it did not take.
    """
    from seatrial.core.errors import HarnessError
    from seatrial.faults.dependency import Dependency

    client, now = connection.control(configuration), session()
    try:
        dependency = Dependency(client, proxy)
        fault = dependency.inject(
            type, attributes=attributes, toxicity=toxicity, stream=stream, name=_named(type, name)
        )
        if _there(client, proxy, fault.name):  # somebody else's: the watchdog must not take it back
            raise HarnessError(f"{proxy} has a fault named {fault.name} already")
        now.arm(client.url, proxy, fault.name)
        fault.__enter__()
    except Exception as error:
        now.failed(proxy, _named(type, name), type, str(error))
        raise
    record = Injected(
        proxy, fault.name, type, dict(fault.attributes), toxicity, approximate=fault.approximate
    )
    attempts = dependency.attempts()
    record.attempts_before = attempts[-1].number if attempts else 0
    now.injected(record, fault)
    return {"on": proxy, "name": fault.name, "type": type, "attributes": record.attributes}


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
        whether it was there, and how often it had acted (null where nobody counted).

    Raises:
        ValueError: neither type nor name.
        HarnessError: it is still there.
    """
    wanted = _named(type, name)
    if not wanted:
        raise ValueError("revert_fault needs the fault's name or its type")
    if session().in_force(proxy, wanted) is not None:
        return _reverted(proxy, wanted)
    there = connection.control(configuration).take_back(proxy, wanted)
    return {"on": proxy, "name": wanted, "was_there": there, "hits": None}


def revert_all() -> dict[str, Any]:
    """Take back every fault that this experiment has injected and that is still in force, the last first.

    Raises:
        HarnessError: one is still there.
    """
    now = session()
    open_faults = [fault for fault in now.faults if now.in_force(fault.on, fault.name) is fault]
    return {"reverted": [_reverted(fault.on, fault.name) for fault in reversed(open_faults)]}


def _reverted(on: str, name: str) -> dict[str, Any]:
    fault = session().revert(on, name)
    return {"on": on, "name": name, "was_there": True, "hits": fault.hits}


def _named(type_: str, name: str) -> str:
    return "down" if type_ == "down" else name or type_


def _there(client: Any, proxy: str, name: str) -> bool:
    state = client.proxy(proxy)
    return (name == "down" and not state.enabled) or any(toxic.name == name for toxic in state.toxics)


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
    now, on = session(), cgroup or f"process {pid}"
    try:
        fault = inject(pid or Path(cgroup), type, attributes, name=name or type)
        fault.__enter__()
    except Exception as error:
        now.failed(on, name or type, type, str(error))
        raise
    now.injected(Injected(on, fault.name, type, attributes or {}), fault)
    return {"on": on, "name": fault.name, "type": type, "hits": fault.witness.hits}


def revert_process_fault(name: str) -> dict[str, Any]:
    """Take back what was done to a process; one that is not there is fine.

    Args:
        name: of the fault; its type, where it was given none.

    Raises:
        HarnessError: it did not last, or could not be reverted.
    """
    now = session()
    mine = [fault for fault in now.faults if fault.name == name and now.in_force(fault.on, name) is fault]
    if not mine:
        return {"on": None, "name": name, "was_there": False, "hits": None}
    return _reverted(mine[-1].on, name)
