"""``python -m seatrial.systems.cache``: serve the cache until it is told to stop."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from seatrial.systems.cache.app import ENTRIES, make_app
from seatrial.systems.serve import serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; returns the exit code."""
    options = _parser().parse_args(arguments)
    serve(make_app(entries=options.entries), options.host, options.port)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m seatrial.systems.cache", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, required=True, help="port to listen on")
    add("--entries", type=int, default=ENTRIES, help="kept at most (default: %(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
