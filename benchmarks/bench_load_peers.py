"""Requests a second of one core against GuideLLM and AIPerf, each in a virtual environment of its own.

Both spend seconds on starting up, so each is run at two lengths and the difference is taken: CPU of the whole
process tree for each further request, as the server counted them. Ours is measured in turns with them. The
environments are made on first use, outside the project (``--cache``), and take 1 to 2 GB each.

``python benchmarks/bench_load_peers.py``: 0 where every target is met, 1 where one is missed, 2 where a peer
could not be asked, with the reason.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import tempfile
from collections.abc import Sequence
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from bench_client import order, server
from bench_load import Figure, ours_rate
from client_servers import settle, unsettle
from load_peers import PEERS, Peer
from load_servers import serve_counting

from seatrial.core.errors import HarnessError

TIMES = 20.0  # a peer's requests a second
OURS = 30_000  # requests of a repeat


def marginal(peer: Peer, programs: Path, pipe: Pipe, url: str, lengths: tuple[int, int]) -> float:
    """Requests in a second of CPU once it is running.

    Raises:
        HarnessError: it failed, or sent fewer requests than it was told to.
    """
    sent, took = [], []
    for length in lengths:
        before = order(pipe, "count")
        took.append(peer.run(programs, url, length))
        sent.append(order(pipe, "count") - before)
        if sent[-1] < length:
            raise HarnessError(f"{peer.name} sent {sent[-1]:,} requests where {length:,} were wanted")
    if took[1] <= took[0]:
        raise HarnessError(f"{peer.name}: the longer run took less CPU: this machine is too busy to tell")
    return float((sent[1] - sent[0]) / (took[1] - took[0]))


def compared(peer: Peer, programs: Path, lengths: tuple[int, int], repeats: int) -> Figure:
    """Ratio of medians, in turns.

    Raises:
        HarnessError: the peer could not be measured.
    """
    ours, theirs = [], []
    with server(serve_counting) as (pipe, port):
        settle(0)  # the peer inherits it
        for _ in range(repeats):
            ours.append(ours_rate(port, OURS))
            theirs.append(marginal(peer, programs, pipe, f"http://127.0.0.1:{port}", lengths))
    unsettle()
    mine, other = statistics.median(ours), statistics.median(theirs)
    spread = f"{min(theirs):,.0f} to {max(theirs):,.0f}"
    what = f"requests a second of one core, {mine:,.0f}, against {peer.name}'s {other:,.0f} ({spread})"
    return Figure(what, mine / other, TIMES, "x", least=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Print every figure with its target, or why there is none."""
    options = argparse.ArgumentParser(description=__doc__)
    cache = Path(tempfile.gettempdir(), "seatrial-bench-peers")
    options.add_argument("--cache", type=Path, default=cache, help="for the environments [%(default)s]")
    options.add_argument("--only", choices=[peer.name for peer in PEERS], help="one peer")
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--short", type=int, default=500, help="requests of the shorter run")
    options.add_argument("--long", type=int, default=4_500, help="requests of the longer run")
    given = options.parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the peer is ended, too
    codes = [0]
    for peer in PEERS:
        if given.only not in (None, peer.name):
            continue
        try:
            programs = peer.install(given.cache)
            figure = compared(peer, programs, (given.short, given.long), given.repeats)
        except HarnessError as error:
            print(f"skipped {peer.name}: {error}", flush=True)
            codes.append(2)
            continue
        print(figure, flush=True)
        codes.append(0 if figure.met else 1)
    return 1 if 1 in codes else max(codes)


if __name__ == "__main__":
    sys.exit(main())
