"""Reference gateways inside this process: a thread and a port each, with the defects that a test wants."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from seatrial.systems.reference.app import make_app
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.settings import Settings


@contextmanager
def gateway(*defects: str, keys: tuple[str, ...] = (), seed: int = 0) -> Iterator[str]:
    """A running gateway; yields its uri, up to and including ``/v1``."""
    import uvicorn

    app = make_app(Gateway(Settings(seed=seed, keys=keys), Defects(defects, seed=seed)))
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=0)
    server = uvicorn.Server(config)
    started = threading.Event()
    startup = server.startup

    async def starting(sockets: object = None) -> None:
        await startup()
        started.set()

    server.startup = starting  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert started.wait(20), "the gateway did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.should_exit = True
        thread.join(20)
