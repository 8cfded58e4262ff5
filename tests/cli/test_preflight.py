"""Before a run: can the target be reached? It is not asked anything yet."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seatrial.cli.preflight import require_targets
from seatrial.core.errors import UsageError
from seatrial.policy.loader import load_policy

Policy = Callable[..., Path]


class Listener:
    """Accepts connections, says nothing, and keeps what it hears."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.uri = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"
        self.heard: list[bytes] = []
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()

    def _listen(self) -> None:
        while True:
            visitor, _ = self.socket.accept()
            with visitor:
                visitor.settimeout(5)
                said = visitor.recv(1000)
                if said == b"that is all":
                    return
                self.heard.append(said)

    def close(self) -> None:
        """Hear everybody out, and end."""
        if not self.thread.is_alive():
            return
        with socket.create_connection(self.socket.getsockname()) as last:
            last.sendall(b"that is all")
        self.thread.join()
        self.socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


def test_whoever_listens_is_visited_once_and_asked_nothing(policy: Policy, listener: Listener) -> None:
    require_targets(load_policy(policy(listener.uri), environ={}))
    listener.close()
    assert listener.heard == [b""]


def test_nobody_listens(policy: Policy) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        file = policy(f"http://127.0.0.1:{free.getsockname()[1]}/v1")
        with pytest.raises(UsageError, match="connection refused") as caught:
            require_targets(load_policy(file, environ={}))
    assert "policy.yaml:6" in str(caught.value.where)
    assert "--target URL" in str(caught.value.hint)


def test_a_port_without_tls(policy: Policy, listener: Listener) -> None:
    with pytest.raises(UsageError, match="cannot be reached"):
        require_targets(load_policy(policy(listener.uri.replace("http:", "https:")), environ={}))


def test_no_target(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no target"):
        require_targets(load_policy("tiers/basic"))
