"""Tests of `seatrial proxy`: it serves, ends in good order, and leaves nothing however it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import status_of, upstream

__all__ = ["upstream"]

Start = Callable[..., "Running"]


class Running:
    """A `seatrial proxy` as a process, and the addresses it told."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "seatrial", "proxy", "--control", "127.0.0.1:0", *words]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.told: list[str] = []
        for line in self.process.stdout:
            self.told.append(line.strip())
            if line.startswith("control API: "):
                break
        self.control = self.told[-1].removeprefix("control API: http://") if self.told else ""
        self.listens = [line.split()[1] for line in self.told[:-1]]

    def end(self, number: int) -> int:
        """Send it a signal and wait for its exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)

    def clean(self) -> None:
        """Gone, whatever it was doing."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a proxy that is gone after the test."""
    running: list[Running] = []

    def begin(*words: str) -> Running:
        running.append(Running(*words))
        return running[-1]

    yield begin
    for each in running:
        each.clean()


def is_gone(address: str) -> bool:
    return status_of(address) == "ConnectionRefusedError"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_it_serves_and_leaves_nothing_listening(start: Start, upstream: str, number: int, code: int) -> None:
    running = start("--listen", ":0", "--upstream", upstream, "--protocol", "openai-chat")
    (listen,) = running.listens
    assert running.told[0] == f"proxy: {listen} → {upstream} (openai-chat)"
    assert listen.startswith("127.0.0.1:")
    assert status_of(listen) == 200
    standing = socket.create_connection(("127.0.0.1", int(listen.rpartition(":")[2])), 5)
    assert running.end(number) == code
    standing.close()
    assert is_gone(listen)
    assert is_gone(running.control)


def test_it_ends_with_whoever_started_it(start: Start, upstream: str) -> None:
    running = start("--listen", ":0", "--upstream", upstream, "--until-eof")
    assert status_of(running.listens[0]) == 200
    assert running.process.stdin is not None
    running.process.stdin.close()
    assert running.process.wait(20) == 0
    assert is_gone(running.listens[0])


def test_proxies_of_a_file(start: Start, upstream: str, tmp_path: Path) -> None:
    file = tmp_path / "proxies.json"
    proxies: list[dict[str, Any]] = [
        {"name": "one", "listen": "127.0.0.1:0", "upstream": upstream},
        {"name": "two", "listen": "127.0.0.1:0", "upstream": upstream, "protocol": "http"},
    ]
    file.write_text(json.dumps(proxies))
    running = start("--config", str(file), "--seed", "3")
    assert [status_of(listen) for listen in running.listens] == [200, 200]
    assert running.end(signal.SIGINT) == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--listen", ":0"], 3, "belong together"),
        (["--listen", "nonsense", "--upstream", "x:1"], 3, "missing port"),
        (["--config", "{file}"], 3, "not readable as json"),
        (["--config", "{empty}"], 3, "a list of proxies is expected"),
        (["--listen", "{taken}", "--upstream", "x:1"], 4, "address already in use"),
    ],
)
def test_what_cannot_be_started(
    seatrial: Any, tmp_path: Path, words: list[str], code: int, told: str
) -> None:
    (tmp_path / "file").write_text("nonsense")
    (tmp_path / "empty").write_text("{}")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        names = {"file": tmp_path / "file", "empty": tmp_path / "empty", "taken": address}
        result = seatrial("proxy", "--control", "127.0.0.1:0", *[word.format(**names) for word in words])
    assert result.exit_code == code
    assert told in result.output.lower()


def test_a_control_port_that_is_taken(seatrial: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = seatrial("proxy", "--control", f"127.0.0.1:{taken.getsockname()[1]}")
    assert result.exit_code == 4
    assert "the control API cannot listen on" in result.output
    assert "hint: stop what listens there" in result.output
