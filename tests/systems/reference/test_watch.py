"""The watch over a real process: one that hangs is told of, killed and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from seatrial.systems.readiness import free_port
from seatrial.systems.reference import watch
from tests.systems.servers import gone
from tests.systems.test_supervisor import pid_after

SERVICE = """
import http.server, sys
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.BaseHTTPRequestHandler).serve_forever()
"""


@contextmanager
def listening() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A webhook, and the names and states of the alerts that came."""
    came: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["content-length"])))
            came.append((told["alerts"][0]["labels"]["alertname"], told["status"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/alerts", came
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def until(wanted: tuple[str, str], came: list[tuple[str, str]]) -> None:
    for _ in range(3000):
        if wanted in came:
            return
        time.sleep(0.01)
    raise AssertionError(f"{wanted} did not come: {came}")


def test_what_hangs_is_told_of_and_started_again(tmp_path: Path) -> None:
    port, pidfile = free_port(), tmp_path / "pid"
    health = f"http://127.0.0.1:{port}/"
    with listening() as (url, came):
        command = [sys.executable, "-m", "seatrial.systems.reference.watch", "--pidfile", str(pidfile)]
        command += ["--health", health, "--notify", url, "--wait", "0.2", "--patience", "0.5", "--"]
        command += [sys.executable, "-S", "-c", SERVICE, str(port)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                first = pid_after(pidfile, 0)
                while not watch.answers(health):
                    time.sleep(0.02)
                os.kill(first, signal.SIGSTOP)
                until(("GatewayRemediation", "firing"), came)
                second = pid_after(pidfile, first)
                until(("GatewayDown", "resolved"), came)
            finally:
                process.terminate()
                process.wait()
    assert came[:2] == [("GatewayDown", "firing"), ("GatewayRemediation", "firing")]
    assert gone(first, second)


def test_nobody_who_listens_is_no_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    watch.post(
        f"http://127.0.0.1:{free_port()}/", {"status": "firing", "commonLabels": {"alertname": "Down"}}
    )
    assert "nobody listens to Down firing" in capsys.readouterr().err


def test_a_wrong_defect_or_no_command_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--pidfile", str(tmp_path / "pid"), "--health", "http://x/", "--notify", "http://x/"]
    assert watch.main([*given, "--", "gateway", "--defect", "never-alert"]) == 3
    assert "never-alerts" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        watch.main(given)
