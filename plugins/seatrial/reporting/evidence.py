"""Recorded exchanges as a reader wants to see them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from seatrial.reporting import figures
from seatrial.reporting.model import Evidence
from seatrial.reporting.text import cut, one_line, slug

_TEXT_LIMIT = 2000


def evidence(event: dict[str, Any]) -> Evidence:
    """The view of one ``exchange`` event."""
    exchange = event.get("exchange") or {}
    traffic = str(event.get("traffic") or "")
    index = int(event.get("index") or exchange.get("index") or 0)
    return Evidence(
        anchor=slug("exchange", traffic, index),
        title=_title(traffic, index, str(event.get("item") or "")),
        traffic=traffic,
        index=index,
        why=one_line(str(event.get("why") or ""), 300),
        objectives=(str(event["objective"]),) if event.get("objective") else (),
        item=event.get("item"),
        failed=bool(exchange.get("error")),
        blocks=tuple(_blocks(exchange)),
        facts=tuple(_facts(exchange)),
        summary=_summary(exchange),
    )


def _title(traffic: str, index: int, item: str) -> str:
    return one_line(f"{traffic or item.rpartition('::')[2] or 'check'}, request {index}", 120)


def anchored(items: Iterable[Evidence]) -> list[Evidence]:
    """The same evidence with unique anchors; an exchange that counts against several objectives only once."""
    merged: dict[tuple[str, int], Evidence] = {}
    result: list[Evidence] = []
    for item in items:
        key = (item.traffic, item.index)
        if item.traffic and item.objectives and key in merged:
            merged[key] = _both(merged[key], item)
        elif item.traffic and item.objectives:
            merged[key] = item
        else:
            result.append(item)
    return _unique([*merged.values(), *result])


def _both(first: Evidence, other: Evidence) -> Evidence:
    names = tuple(dict.fromkeys([*first.objectives, *other.objectives]))
    return replace(first, objectives=names, why=f"bad for {figures.listed(names, 6)}")


def _unique(items: Iterable[Evidence]) -> list[Evidence]:
    seen: dict[str, int] = {}
    result: list[Evidence] = []
    for item in items:
        seen[item.anchor] = seen.get(item.anchor, 0) + 1
        repeat = seen[item.anchor]
        result.append(item if repeat == 1 else replace(item, anchor=f"{item.anchor}-{repeat}"))
    return result


def _blocks(exchange: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """The texts, each cut."""
    for label, value in (("detail", exchange.get("detail")), ("prompt", exchange.get("asked"))):
        if value:
            yield label, cut(str(value), _TEXT_LIMIT)
    answer = exchange.get("text")
    yield "answer", cut(str(answer), _TEXT_LIMIT) if answer else "(no text)"
    for call in (exchange.get("tool_calls") or ())[:8]:
        yield "tool call", cut(" ".join(map(str, call)) if isinstance(call, list) else str(call), _TEXT_LIMIT)
    if exchange.get("body"):
        yield "body, as it came", cut(str(exchange["body"]), _TEXT_LIMIT)


def _summary(exchange: dict[str, Any]) -> str:
    """One line: how it ended."""
    said = str(exchange.get("detail") or exchange.get("error") or "")
    if said:
        return one_line(said, 200)
    finish = exchange.get("finish_reason")
    status = f"status {exchange['status']}" if exchange.get("status") else ""
    return ", ".join(filter(None, (status, f"finish reason {one_line(str(finish), 40)}" if finish else "")))


def _facts(exchange: dict[str, Any]) -> Iterable[tuple[str, str]]:
    intended = _time(exchange.get("intended"))
    yield "sent", _moment(intended, _time(exchange.get("sent")))
    for label, key in (("first byte", "first_byte"), ("first chunk", "first_chunk"), ("done", "done")):
        at = _time(exchange.get(key))
        yield label, "never" if at is None else f"after {figures.seconds(at - (intended or 0.0))}"
    status = exchange.get("status")
    yield "status", str(status) if status else "none"
    yield "error", one_line(str(exchange.get("error") or "none"))
    yield "finish reason", one_line(str(exchange.get("finish_reason") or "none"))
    yield from _counted(exchange)


def _counted(exchange: dict[str, Any]) -> Iterable[tuple[str, str]]:
    if exchange.get("model"):
        yield "model", one_line(str(exchange["model"]))
    gaps = exchange.get("gaps")
    if isinstance(gaps, list) and exchange.get("streamed"):
        yield "chunks", str(len(gaps) + 1 if _time(exchange.get("first_chunk")) is not None else 0)
    usage = exchange.get("usage")
    if isinstance(usage, dict):
        usage = [usage.get("input_tokens"), usage.get("output_tokens")]
    if isinstance(usage, list) and len(usage) == 2:
        yield "usage", f"{one_line(str(usage[0]))} tokens in, {one_line(str(usage[1]))} out"


def _time(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _moment(intended: float | None, sent: float | None) -> str:
    if intended is None:
        return "never"
    at = f"{intended:.3f} s into the traffic"
    late = (sent or intended) - intended
    return f"{at}, {figures.seconds(late)} late" if late >= 0.001 else at
