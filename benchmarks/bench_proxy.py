"""The fault proxy without a toxic against nginx and a plain asyncio-streams proxy, in the same run.

Every figure is a ratio of CPU time (or of MB/s) against a peer that does the same job at the same moment; see
`TARGETS`. Server and callers run on one core, the proxy at hand alone on another; for the added latency
everything runs on one core, so that no wake-up of another core hides it. A peer that this machine lacks is
told and skipped: Debian has them as nginx and libnginx-mod-stream.
Run it on a quiet machine: ``python benchmarks/bench_proxy.py``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from proxy_load import CONNECTIONS, EVENTS, Bench, peer
from proxy_peers import Proxy, start_all

TARGETS = {
    "tcp/nginx": 1.25,
    "tcp/streams": 0.75,
    "http/nginx": 1.5,
    "sse/nginx": 1.5,
    "bulk/nginx": 1.0,
}
ADDED_LATENCY = 25e-6


def mark(met: bool) -> str:
    return "ok    " if met else "MISSED"


def compare(
    rows: dict[str, list[float]],
    peers: list[tuple[str, str, str]],
    what: str,
    unit: float,
    suffix: str,
    *,
    more: bool = False,
) -> bool:
    """Print the ratios; whether all meet their target."""
    good = True
    for target, mine, other in peers:
        if other not in rows:
            continue
        ratio = statistics.median(rows[mine]) / statistics.median(rows[other])
        met = ratio >= TARGETS[target] if more else ratio <= TARGETS[target]
        good &= met
        figures = ", ".join(f"{name} {statistics.median(values) * unit:.2f}" for name, values in rows.items())
        aim = f"target {'>=' if more else '<='} {TARGETS[target]}"
        print(f"{mark(met)} {what} {target}: {ratio:.2f} x ({aim}): {figures} {suffix}")
    return good


def measure(bench: Bench, proxies: dict[str, Proxy], server: int, requests: int, repeats: int) -> bool:
    """All comparisons, interleaved."""
    tcp = [name for name in ("tcp", "nginx", "streams") if name in proxies]
    http = [name for name in ("http", "nginx-http") if name in proxies]
    for proxy in proxies.values():
        bench.run(proxy.port, "json", CONNECTIONS * 40, CONNECTIONS)
        bench.run(proxy.port, "sse", CONNECTIONS * 2, CONNECTIONS)
    plain: dict[str, list[float]] = {name: [] for name in tcp}
    aware: dict[str, list[float]] = {name: [] for name in http}
    events: dict[str, list[float]] = {name: [] for name in http}
    bulk: dict[str, list[float]] = {name: [] for name in tcp if name != "streams"}
    added: dict[str, list[float]] = {"tcp": [], "http": []} | {
        name: [] for name in proxies if "nginx" in name
    }
    for _ in range(repeats):
        for name in tcp:
            plain[name].append(bench.cpu(proxies[name], "json", requests))
        for name in http:
            aware[name].append(bench.cpu(proxies[name], "json", requests))
        for name in http:
            events[name].append(bench.cpu(proxies[name], "sse", requests // 20) / EVENTS)
        for name, rates in bulk.items():
            rates.append(bench.rate(proxies[name], 8))
        for name, times in added.items():
            direct = bench.latency(server, None, requests // 10)
            times.append(bench.latency(proxies[name].port, proxies[name], requests // 10) - direct)
    peers = [("tcp/nginx", "tcp", "nginx"), ("tcp/streams", "tcp", "streams")]
    good = compare(plain, peers, "CPU a request", 1e6, "us")
    good &= compare(aware, [("http/nginx", "http", "nginx-http")], "CPU a request", 1e6, "us")
    good &= compare(events, [("sse/nginx", "http", "nginx-http")], "CPU an event", 1e6, "us")
    good &= compare(bulk, [("bulk/nginx", "tcp", "nginx")], "bulk", 1, "MB/s", more=True)
    mine = statistics.median(added["tcp"])
    met = mine <= ADDED_LATENCY
    figures = ", ".join(f"{name} {statistics.median(each) * 1e6:.1f}" for name, each in added.items())
    print(f"{mark(met)} added latency on one core: {mine * 1e6:.1f} us (target <= 25): {figures} us")
    return good and met


def main(argv: list[str] | None = None) -> int:
    """Print every figure with its target; 1 where one was missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--requests", type=int, default=20000)
    given = options.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.chmod(folder, 0o755)
        bench, server = stack.enter_context(peer())
        proxies = start_all(stack, server, Path(folder))
        good = measure(bench, proxies, server, given.requests, given.repeats)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
