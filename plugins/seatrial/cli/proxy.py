"""`seatrial proxy`: the fault proxy by itself, driven over its control API."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click


@click.command(short_help="put the fault proxy between a system and what it depends on")
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Where the system is told to find its dependency; no host: 127.0.0.1.",
)
@click.option(
    "--upstream", metavar="HOST:PORT", help="Where the dependency really is; https://HOST for one with TLS."
)
@click.option("--name", default="proxy", show_default=True, help="The proxy's name in the control API.")
@click.option(
    "--protocol",
    default="tcp",
    show_default=True,
    metavar="NAME",
    help="tcp, or what is spoken over HTTP/1.1 (http, openai-chat, …): then every request is recorded.",
)
@click.option(
    "--control",
    default="127.0.0.1:8474",
    show_default=True,
    metavar="HOST:PORT",
    help="Where the control API listens: Toxiproxy's, whose clients can drive it.",
)
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="JSON with a list of proxies (name, listen, upstream, …), as Toxiproxy reads it.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Reproduces all draws.")
@click.option("--until-eof", is_flag=True, hidden=True, help="End when standard input does.")
def command(
    listen: str | None,
    upstream: str | None,
    name: str,
    protocol: str,
    control: str,
    config: Path | None,
    seed: int,
    until_eof: bool,
) -> int:
    """Run the fault proxy until Ctrl-C.

    \b
    seatrial proxy --listen :9101 --upstream 127.0.0.1:9001 --protocol openai-chat
    curl -d '{"type": "latency", "attributes": {"latency": 500}}' 127.0.0.1:8474/proxies/proxy/toxics
    """
    from seatrial.faults.server import loop_factory

    if (listen is None) != (upstream is None):
        raise click.UsageError("--listen and --upstream belong together.")
    proxies = _read(config) if config else []
    if listen is not None:
        proxies.append({"name": name, "listen": listen, "upstream": upstream, "protocol": protocol})
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(proxies, control, seed, until_eof=until_eof))
    return 0


def _read(config: Path) -> list[Any]:
    import json

    from seatrial.core.errors import UsageError

    try:
        read = json.loads(config.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"not readable as JSON ({error})", where=str(config)) from error
    if not isinstance(read, list):
        raise UsageError("a list of proxies is expected", where=str(config))
    return read


async def _serve(proxies: list[Any], control: str, seed: int, *, until_eof: bool) -> None:
    from seatrial.faults.apart import TROUBLE
    from seatrial.faults.server import ProxyService, begin

    service = ProxyService(control, seed)
    ended = asyncio.Event()
    _on_end(ended.set, until_eof=until_eof)
    await service.start()
    try:
        await begin(service.proxies, proxies)
        for proxy in service.proxies.all():
            click.echo(f"{proxy.name}: {proxy.listen} → {proxy.upstream.text} ({proxy.protocol})")
        click.echo(f"control API: http://{service.address}")
        sys.stdout.flush()
        # What lives now lives on: no collection needs to walk it while something has to be in time.
        gc.collect()
        gc.freeze()
        await ended.wait()
    finally:
        await service.stop()
        for trouble in service.troubles:
            click.echo(f"{TROUBLE}{trouble}", err=True)


def _on_end(end: Callable[[], None], *, until_eof: bool) -> None:
    """Call *end* when we are told to stop, or (where asked for) when whoever started us is gone."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    if until_eof:
        stdin = sys.stdin.fileno()

        def look() -> None:
            if not os.read(stdin, 4096):
                loop.remove_reader(stdin)
                end()

        loop.add_reader(stdin, look)
