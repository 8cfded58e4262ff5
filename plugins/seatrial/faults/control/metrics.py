"""Bytes of every proxy in Prometheus' text format, under Toxiproxy's names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.faults.proxy import FaultProxy

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DIRECTIONS = ("upstream", "downstream")


def exposition(proxies: Iterable[FaultProxy]) -> str:
    """All samples; connections that stand are counted, too."""
    proxies = list(proxies)
    lines: list[str] = []
    for key in ("received", "sent"):
        name = f"toxiproxy_proxy_{key}_bytes_total"
        samples = []
        for proxy in proxies:
            for direction, count in zip(DIRECTIONS, proxy.traffic()[key], strict=True):
                labels = {
                    "direction": direction, "listener": proxy.listen,
                    "proxy": proxy.name, "upstream": proxy.upstream.text,
                }  # fmt: skip
                shown = ",".join(f'{label}="{escape(value)}"' for label, value in labels.items())
                samples.append(f"{name}{{{shown}}} {count}")
        lines += [f"# HELP {name} Bytes {key} by the proxy.", f"# TYPE {name} counter", *samples]
    return "\n".join(lines) + "\n"


def escape(value: str) -> str:
    """A label's value."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
