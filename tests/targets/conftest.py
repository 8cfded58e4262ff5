"""Servers that are closed at the test's end, targets that point at them, certificates made on the spot."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.targets.target import Target, TargetConfig, Timeouts
from tests.targets.certificates import Authority
from tests.targets.servers import Handler, Server

SHORT = Timeouts(connect=2.0, first_byte=0.15, idle=0.15, total=0.6)
CANARY = "sk-canary-7f3a9c51e2"


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start a server with a handler; it is closed after the test."""
    servers: list[Server] = []

    def start(handler: Handler, context: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(handler, context))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def target(serve: Callable[..., Server]) -> Iterator[Callable[..., Target]]:
    """A target in front of a handler; closed after the test. `.server` is the server behind it."""
    targets: list[Target] = []

    def make(handler: Handler, context: ssl.SSLContext | None = None, **config: Any) -> Target:
        server = serve(handler, context)
        defaults: dict[str, Any] = {"uri": server.uri, "model": "small", "api_key": CANARY}
        made = Target(TargetConfig(**{**defaults, **config}), connections=4)
        made.server = server  # type: ignore[attr-defined]
        targets.append(made)
        return made

    yield make
    for each in targets:
        each.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority of our own."""
    folder: Path = tmp_path_factory.mktemp("ca")
    return Authority(folder)
