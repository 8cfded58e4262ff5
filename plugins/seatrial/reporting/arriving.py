"""How the requests of a traffic arrived, in words."""

from __future__ import annotations

from typing import Any

from seatrial.reporting import figures, loose
from seatrial.reporting.text import one_line

Event = dict[str, Any]


def about(event: Event) -> str:
    """How requests arrive, as the traffic's event tells it; nothing where it does not."""
    told = event.get("arrivals")
    if isinstance(told, dict):
        return f"{_words(told)}{_over(event)}{_recorded(event.get('trace'))}"
    return f"{figures.count(event['concurrency'])} at a time" if event.get("concurrency") else ""


def _words(told: Event) -> str:
    if told.get("told"):
        return one_line(str(told["told"]), 200)
    kind, rate = one_line(str(told.get("kind") or "scheduled"), 30), told.get("rate")
    words = (
        f"{rate:g}/s" if isinstance(rate, (int, float)) else one_line(str(rate or ""), 20).replace(".0/", "/")
    )
    return f"{kind} arrivals{f' at {words}' if words else ''}"


def _over(event: Event) -> str:
    """How many connections requests share; in a closed loop each has its own."""
    connections = event.get("connections")
    if not isinstance(connections, int) or event.get("concurrency"):
        return ""
    return f" over {figures.plural(connections, 'connection')}"


def _recorded(trace: object) -> str:
    """What a trace tells beyond the times of arrivals."""
    if not isinstance(trace, dict):
        return ""
    given, made = (loose.number(trace.get(key)) for key in ("input_tokens", "output_tokens"))
    sessions = loose.whole(trace.get("sessions"))
    said = [
        figures.plural(sessions, "session") if sessions else "",
        f"{figures.number(given)} input tokens on average, estimated" if given else "",
        f"{figures.number(made)} output tokens asked for" if made else "",
    ]
    return f" ({', '.join(filter(None, said))})" if any(said) else ""


def waited(event: Event | None) -> str:
    """What became of the sessions of a trace, as the end of a line; nothing where there were none."""
    keys = ("turns", "waited", "unanswered", "crowded")
    turns, held, cut, crowded = (loose.whole(event.get(key)) if event else 0 for key in keys)
    if event is None or not turns:
        return ""
    all_of_them = figures.plural(turns, "turn")
    longest = figures.seconds(loose.number(event.get("waited_longest")))
    late = f"{figures.count(held)} of {all_of_them} waited for the answer before, up to {longest}"
    said = [
        f"{late} (their latency counts from the trace)" if held else f"none of {all_of_them} had to wait",
        f"{figures.count(cut)} went on without the answer before, which failed" if cut else "",
        f"{figures.count(crowded)} longer than recorded, as answers were" if crowded else "",
    ]
    return ", " + ", ".join(filter(None, said))
