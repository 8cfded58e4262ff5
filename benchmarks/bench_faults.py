"""What only a fault proxy does: delays as long as they were asked for, and many streams that stand still.

A server that is late by itself, with nothing but a bare timer, is asked at the same moment: where that is not
exact either, this machine is too noisy to tell, and the exit code is 2. The proxy has a core to itself,
server and callers have another one.
Run it on a quiet machine: ``python benchmarks/bench_faults.py``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from contextlib import ExitStack

from proxy_load import Bench, peer, resident, settle
from proxy_peers import Proxy, ours, started

from seatrial.faults.server import allow_many_files

DELAYS = (5, 20, 50)
DELAY_ERROR = 1e-3
NOISE = 0.5 * DELAY_ERROR
"""Where a bare timer is as far off as that, this machine cannot tell whether a proxy is within the target."""
CALLERS = 8
STALLED = 2000
MEMORY = 300e6


def delays(bench: Bench, proxy: Proxy, server: int, requests: int, repeats: int) -> str:
    """Print how far injected delays are from what was asked; the worst word on them.

    The peer is a server that is late by itself, at the same moment: by what it is off, the machine is.
    """
    for pid in proxy.pids:
        settle(pid, 0)
    usual = statistics.median(bench.run(proxy.port, "json", 400, 1)[1])
    direct = statistics.median(bench.run(server, "json", 400, 1)[1])
    words, shown = [], []
    for delay in DELAYS:
        mine: list[float] = []
        peers: list[float] = []
        proxy.order("POST", "toxics", {"name": "late", "type": "latency", "attributes": {"latency": delay}})
        for _ in range(repeats):
            both = bench.order("both", 1, proxy.port, server, delay, requests, CALLERS)
            mine += (time - usual - delay / 1e3 for time in both[0])
            peers += (time - direct - delay / 1e3 for time in both[1])
        proxy.order("DELETE", "toxics/late")
        assert min(mine) >= -usual, "a delay was shorter than asked"
        off, noise = rank(mine, 0.99), rank(peers, 0.99)
        words.append("ok" if abs(off) <= DELAY_ERROR else "NOISY" if abs(noise) > NOISE else "MISSED")
        shown.append(f"{delay} ms {rank(mine, 0.5) * 1e3:+.2f}/{off * 1e3:+.2f} (bare {noise * 1e3:+.2f})")
    word = next((word for word in ("MISSED", "NOISY") if word in words), "ok")
    aim = f"target +-{DELAY_ERROR * 1e3:g} at p99"
    print(f"{word:6} injected delays, off by p50/p99 ({aim}; a bare timer at p99): {', '.join(shown)} ms")
    return word


def memory(bench: Bench, proxy: Proxy) -> str:
    """Print the memory of a proxy in which many streams stand still; the word on it."""
    proxy.order("POST", "toxics", {"name": "still", "type": "sse.stall", "attributes": {"after_events": 2}})
    pid = proxy.pids[-1]
    before = resident(pid)
    found = bench.order("stalled", 1, proxy.port, STALLED, pid)
    hits = proxy.ask("witness")["still"]["hits"]
    proxy.order("DELETE", "toxics/still")
    assert hits == STALLED, f"{hits} of {STALLED} streams stood still"
    word = "ok" if found <= MEMORY else "MISSED"
    each = (found - before) / STALLED / 1e3
    print(
        f"{word:6} {STALLED:,} streams that stand still: {found / 1e6:.0f} MB "
        f"(target <= {MEMORY / 1e6:.0f}), {each:.1f} kB a stream"
    )
    return word


def rank(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


def main(argv: list[str] | None = None) -> int:
    """Print every figure with its target; 1 where one was missed, 2 where the machine is too noisy."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--requests", type=int, default=400)
    given = options.parse_args(argv)
    allow_many_files()
    with ExitStack() as stack:
        bench, server = stack.enter_context(peer())
        tcp = stack.enter_context(started("tcp", ours("tcp", server)))
        http = stack.enter_context(started("http", ours("openai-chat", server)))
        words = {delays(bench, tcp, server, given.requests, given.repeats), memory(bench, http)}
    return 1 if "MISSED" in words else 2 if "NOISY" in words else 0


if __name__ == "__main__":
    sys.exit(main())
