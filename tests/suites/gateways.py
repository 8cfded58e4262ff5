"""Servers inside this process: a thread and a port each."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seatrial.systems.reference.app import make_app
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.settings import Settings

if TYPE_CHECKING:
    from starlette.applications import Starlette


@contextmanager
def gateway(*defects: str, keys: tuple[str, ...] = (), seed: int = 0) -> Iterator[str]:
    """The reference gateway with the defects that a test wants; yields its uri, with ``/v1``."""
    with served(make_app(Gateway(Settings(seed=seed, keys=keys), Defects(defects, seed=seed)))) as root:
        yield f"{root}/v1"


@contextmanager
def served(app: Starlette) -> Iterator[str]:
    """Any application; yields the address of its root."""
    import uvicorn

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
        assert started.wait(20), "the server did not start"
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
