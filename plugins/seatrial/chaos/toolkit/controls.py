"""The control: writes what happens beside chaostoolkit's journal, and what only we know into it.

In an experiment::

    controls:
      - name: seatrial
        provider: {type: python, module: seatrial.chaos.toolkit.controls, arguments: {strict: true}}

It writes ``seatrial.events.ndjson``, a journal of seatrial's own; adds a section ``seatrial`` to
chaostoolkit's: faults with their witnesses, requests, stop conditions, and the outcome that `judge` came
to; looks at the tolerances of probes in the method, which chaostoolkit does not; ends the experiment by its
stop conditions; and removes secrets from journal and log. With ``strict`` an experiment that did not pass
is ``failed``, so that ``chaos run`` exits with 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seatrial.chaos.toolkit.handler import Handler

__all__ = ["cleanup_control", "configure_control"]

EVENTS = "seatrial.events.ndjson"


def configure_control(
    experiment: dict[str, Any],
    configuration: dict[str, Any],
    secrets: dict[str, Any],
    event_registry: Any,
    events: str = EVENTS,
    strict: bool = False,
) -> None:
    """Called by chaostoolkit as it starts.

    Args:
        experiment, configuration, secrets: the running experiment's.
        event_registry: where chaostoolkit tells what happens.
        events: file for the events; an empty one for none.
        strict: whether an experiment that did not pass fails ``chaos run``.
    """
    known = [handler for handler in event_registry.handlers if isinstance(handler, Handler)]
    if known:  # once by the command line, and once by the experiment itself: the first one counts
        known[0].strict = known[0].strict or strict
        return
    handler = Handler(experiment, configuration, secrets, Path(events) if events else None, strict=strict)
    event_registry.register(handler)
    handler.started()


def cleanup_control() -> None:
    """Called by chaostoolkit at its end; what is to be done then is done when the journal is finished."""
