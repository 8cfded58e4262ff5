"""``python -m seatrial.systems.provider``: serve the reference provider until it is told to stop."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from seatrial.systems.provider.app import make_app

KEY = "SEATRIAL_PROVIDER_KEY"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; returns the exit code."""
    import uvicorn

    options = _parser().parse_args(arguments)
    uvicorn.run(
        make_app(options.name, seed=options.seed, key=options.api_key or os.environ.get(KEY) or None),
        host=options.host,
        port=options.port,
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        # Longer than any caller keeps a connection idle: it is for the caller to close it.
        timeout_keep_alive=75,
        backlog=2048,
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m seatrial.systems.provider", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, required=True, help="port to listen on")
    add("--name", default="provider", help="what it is called (default: %(default)s)")
    add("--seed", type=int, default=0, help="decides the answers; the same for those that should agree")
    add("--api-key", help=f"let this key in only (or ${KEY})")
    return parser


if __name__ == "__main__":
    sys.exit(main())
