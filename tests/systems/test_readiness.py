from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.systems import readiness
from seatrial.systems.readiness import free_port, quiet_port, status_of, wait_until_ready
from seatrial.systems.recipe import Ready


@contextmanager
def answering(*statuses: int) -> Iterator[tuple[str, list[int]]]:
    """A server that answers with each status in turn, the last for ever; and what it has answered."""
    told: list[int] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.append(statuses[min(len(told), len(statuses) - 1)])
            self.send_response(told[-1])
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", told
        server.shutdown()
        thread.join()


def ready(url: str, *, stable: int = 2, timeout: str = "20s") -> Ready:
    return Ready.model_validate({"url": url, "stable": stable, "timeout": timeout})


def test_good_answers_in_a_row_are_needed() -> None:
    with answering(503, 200, 503, 200, 200, 200) as (url, told):
        assert wait_until_ready(url, ready(url, stable=3), lambda: True)
        assert told == [503, 200, 503, 200, 200, 200]


def test_time_runs_out() -> None:
    with answering(503) as (url, told):
        assert not wait_until_ready(url, ready(url, timeout="200ms"), lambda: True)
        assert told


def test_nobody_waits_for_the_dead() -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    assert not wait_until_ready(url, ready(url, timeout="600s"), lambda: False)


def test_a_stranger_on_the_port_is_not_believed() -> None:
    lives = iter([True, True, False])
    with answering(200) as (url, _):
        assert not wait_until_ready(url, ready(url), lambda: next(lives))


def test_no_answer_is_status_0() -> None:
    assert status_of(f"http://127.0.0.1:{free_port()}/") == 0


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "127.0.0.1:80", "file:///etc/passwd"])
def test_only_http_can_be_asked(url: str) -> None:
    with pytest.raises(UsageError, match="cannot be asked"):
        status_of(url)


def test_a_quiet_port_is_not_one_that_outgoing_connections_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "range"
    monkeypatch.setattr(readiness, "OUTGOING", told)
    told.write_text("10004\t60999\n")
    listening = [socket.socket() for _ in range(2)]
    try:
        for port, each in zip((10_000, 10_001), listening, strict=True):
            with suppress(OSError):  # somebody else has it: taken all the same
                each.bind(("127.0.0.1", port))
                each.listen()
        found = {quiet_port({10_002}) for _ in range(20)}
        assert found - {10_003} == set() or min(found) > 10_003
    finally:
        for each in listening:
            each.close()


@pytest.mark.parametrize("text", ["1024 65535", "nonsense", "", None])
def test_without_room_below_or_without_such_a_range_it_is_a_free_one(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "range"
    if text is not None:
        told.write_text(text)
    monkeypatch.setattr(readiness, "OUTGOING", told)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", quiet_port()))
