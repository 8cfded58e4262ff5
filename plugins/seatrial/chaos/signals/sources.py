"""One look at a signal: at a metrics page, at Prometheus, at Alertmanager."""

from __future__ import annotations

import http.client
import json
import math
import operator
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from seatrial.chaos.signals.webhook import matches
from seatrial.policy.secret import Secret
from seatrial.policy.signals import Alertmanager, Metric, Op, Prometheus

PATIENCE = 3.0
"""Seconds for one answer."""
_LARGEST = 8 << 20
_COMPARE: dict[Op, Callable[[float, float], bool]] = {
    "lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge, "eq": operator.eq,
}  # fmt: skip
_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_ESCAPED = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


class Unreachable(Exception):
    """A source could not be asked, or gave no usable answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look saw.

    Attributes:
        active: whether the signal is there.
        told: what was seen, in words.
    """

    active: bool
    told: str


def read_metric(source: Metric, url: str) -> Reading:
    """Look at a page in Prometheus' text format.

    Raises:
        Unreachable: the page cannot be read, or has no such sample.
    """
    samples = [
        value
        for name, labels, value in _samples(_get(url, None).decode("utf-8", "replace"))
        if name == source.name and all(labels.get(key) == wanted for key, wanted in source.labels.items())
    ]
    if not samples:
        # What is not exposed yet (a counter before its first event) is not active.
        return Reading(False, f"{source.name} is not there")
    return _compared(samples, source.op, source.value, source.name)


def read_prometheus(source: Prometheus, url: str) -> Reading:
    """Ask Prometheus.

    Raises:
        Unreachable: it cannot be asked, or refuses the query.
    """
    root = url.rstrip("/")
    if source.query is not None:
        data = _api(f"{root}/api/v1/query?query={quote(source.query, safe='')}", source.token)
        return _compared(_values(data), source.op, source.value, "the query")
    alerts = _api(f"{root}/api/v1/alerts", source.token).get("alerts")
    found = [alert for alert in _dicts(alerts) if matches(_of(alert, "labels"), source.alert, source.labels)]
    states = sorted({str(alert.get("state")) for alert in found})
    return Reading("firing" in states, f"{source.alert} {' and '.join(states) or 'inactive'}")


def read_alertmanager(source: Alertmanager, url: str) -> Reading:
    """Ask Alertmanager for what it would tell people about.

    Raises:
        Unreachable: it cannot be asked.
    """
    path = "/api/v2/alerts?active=true&silenced=false&inhibited=false"
    alerts = _dicts(_json(_get(url.rstrip("/") + path, source.token)))
    found = [alert for alert in alerts if matches(_of(alert, "labels"), source.alert, source.labels)]
    states = [str(_of(alert, "status").get("state")) for alert in found]
    return Reading("active" in states, f"{source.alert} {' and '.join(sorted(set(states))) or 'inactive'}")


def _compared(values: list[float], op: Op, limit: float, what: str) -> Reading:
    held = [value for value in values if _COMPARE[op](value, limit)]
    if not values:
        return Reading(False, f"{what} has no sample")
    shown = max(held or values, key=abs)
    return Reading(bool(held), f"{what} is {shown:g}")


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    """Samples of a page in the text format; what is none is passed over."""
    for line in text.split("\n"):
        match = None if line.startswith("#") else _SAMPLE.match(line)
        if match is None:
            continue
        labels = {
            key: re.sub(r"\\.", lambda found: _ESCAPED.get(found[0], found[0]), value)
            for key, value in _LABEL.findall(match[2] or "")
        }
        value = _number(match[3])
        if value is not None:
            yield match[1], labels, value


def _values(data: Mapping[str, Any]) -> list[float]:
    result = data.get("result")
    if data.get("resultType") == "scalar":
        pairs: list[Any] = [result]
    else:
        pairs = [each.get("value") for each in _dicts(result)]
    numbers = [_number(pair[1]) for pair in pairs if isinstance(pair, list) and len(pair) == 2]
    return [number for number in numbers if number is not None]


def _number(text: Any) -> float | None:
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return None if math.isnan(value) else value


def _api(url: str, token: Secret | None) -> Mapping[str, Any]:
    answer = _json(_get(url, token))
    if not isinstance(answer, dict) or answer.get("status") != "success":
        said = answer.get("error") if isinstance(answer, dict) else None
        raise Unreachable(f"Prometheus refused: {said or 'no such answer'}")
    return _of(answer, "data")


def _of(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _dicts(data: Any) -> list[dict[str, Any]]:
    return [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreachable("the answer is not JSON") from error


def _get(url: str, token: Secret | None) -> bytes:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, port, timeout=PATIENCE, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    headers = {"accept": "*/*", "connection": "close"}
    if token is not None:
        headers["authorization"] = f"Bearer {token.reveal()}"
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        body = answer.read(_LARGEST + 1)
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"no answer ({error or type(error).__name__})") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise Unreachable(f"status {answer.status}")
    if len(body) > _LARGEST:
        raise Unreachable("the answer is larger than 8 MiB")
    return body
