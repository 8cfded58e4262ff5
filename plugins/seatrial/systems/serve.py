"""Serves an application as the small services beside the reference system do: quietly, connections kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.applications import Starlette


def serve(app: Starlette, host: str, port: int) -> None:
    """Serve *app* until the process is told to stop."""
    import uvicorn

    uvicorn.run(
        app,
        host=host,
        port=port,
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        # Longer than any caller keeps a connection idle: it is for the caller to close it.
        timeout_keep_alive=75,
        backlog=2048,
    )
