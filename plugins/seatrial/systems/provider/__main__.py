"""``python -m seatrial.systems.provider``: serve the reference provider until it is told to stop."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from seatrial.systems.provider.app import make_app
from seatrial.systems.serve import serve

KEY = "SEATRIAL_PROVIDER_KEY"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; returns the exit code."""
    options = _parser().parse_args(arguments)
    key = options.api_key or os.environ.get(KEY) or None
    serve(make_app(options.name, seed=options.seed, key=key), options.host, options.port)
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
