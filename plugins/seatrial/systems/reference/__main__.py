"""``python -m seatrial.systems.reference``: serve the reference system until it is told to stop."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from seatrial.core.errors import UsageError
from seatrial.systems.reference.app import make_app
from seatrial.systems.reference.defects import DEFECTS, Defects
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.logs import set_up
from seatrial.systems.reference.settings import Breaking, Crew, Settings, Upstream

KEYS = "SEATRIAL_REFERENCE_KEYS"
UPSTREAM_KEY = "SEATRIAL_REFERENCE_UPSTREAM_KEY"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.list_defects:
        print(*(f"{defect.name:32}{defect.summary}" for defect in DEFECTS.values()), sep="\n")
        return 0
    try:
        settings = _settings(options)
        defects = Defects(options.defect, seed=options.seed)
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    if options.pidfile is not None:
        options.pidfile.write_text(f"{os.getpid()}\n", "utf-8")
    _serve(Gateway(settings, defects), options.host, options.port, options.log_level.upper())
    return 0


def _serve(gateway: Gateway, host: str, port: int, level: str) -> None:
    import uvicorn

    set_up(level)
    uvicorn.run(
        make_app(gateway),
        host=host,
        port=port,
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        backlog=2048,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m seatrial.systems.reference", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=8000, help="port to listen on (default: %(default)s)")
    add("--seed", type=int, default=0, help="decides the answers, and whom a defect hits (default: 0)")
    add("--defect", action="append", default=[], metavar="NAME", help="break something; repeatable")
    add("--list-defects", action="store_true", help="print the catalogue of defects and exit")
    add(
        "--api-key",
        action="append",
        default=[],
        metavar="KEY",
        help=f"let this key in (or ${KEYS})",
    )
    add(
        "--upstream",
        action="append",
        default=[],
        metavar="NAME=URI[#MODEL]",
        help=f"ask this provider, in the order given; its key comes from ${UPSTREAM_KEY}",
    )
    add(
        "--rate",
        type=float,
        default=Settings().rate,
        help="requests a second for each key",
    )
    add(
        "--burst",
        type=int,
        default=Settings().burst,
        help="requests at once for each key",
    )
    add("--workers", type=int, help="answers made at once; without a number as many as there are slots")
    add("--max-workers", type=int, help="workers that may be added while somebody waits")
    add(
        "--service-time",
        type=float,
        default=0.0,
        help="seconds that a worker is busy with each answer at least",
    )
    add("--cache", metavar="URI", help="a cache service that keeps the answers; without one the gateway does")
    add("--cache-seconds", type=float, default=Settings().cache_seconds, help="0 switches the cache off")
    add("--rest", type=float, default=Breaking().rest, help="seconds that a circuit breaker stays open")
    add("--pidfile", type=Path, help="tell the process id in this file")
    add("--state", type=Path, help="keep conversations and accepted work in this file")
    add("--audit", type=Path, help="append the audit log to this file")
    add("--log-level", default="INFO", help="DEBUG, INFO, WARNING or ERROR (default: %(default)s)")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    keys = [*options.api_key, *filter(None, os.environ.get(KEYS, "").split(","))]
    return Settings(
        seed=options.seed,
        keys=tuple(keys),
        upstreams=tuple(_upstream(text) for text in options.upstream),
        rate=options.rate,
        burst=options.burst,
        cache=_cache(options.cache),
        cache_seconds=options.cache_seconds,
        audit=options.audit,
        breaking=Breaking(rest=options.rest),
        crew=Crew(workers=options.workers, most=options.max_workers, service=options.service_time),
        state=options.state,
    )


def _cache(uri: str | None) -> str | None:
    if uri is not None and not uri.startswith(("http://", "https://")):
        raise UsageError(
            f"{uri!r} is not a cache service", where="--cache", hint="write http://127.0.0.1:9003"
        )
    return uri


def _upstream(text: str) -> Upstream:
    name, equals, address = text.partition("=")
    uri, _, model = address.partition("#")
    if not (name and equals and uri.startswith(("http://", "https://"))):
        raise UsageError(
            f"{text!r} is not a provider",
            where="--upstream",
            hint="write primary=http://127.0.0.1:9001/v1#model",
        )
    return Upstream(name, uri, model or None, os.environ.get(UPSTREAM_KEY) or None)


if __name__ == "__main__":
    sys.exit(main())
