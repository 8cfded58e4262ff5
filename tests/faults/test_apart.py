"""Tests of proxies in a process of their own: they serve, they end with us, and what went wrong is told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.apart import ProxyProcess
from seatrial.faults.client import ControlClient
from seatrial.faults.dependency import Dependencies
from tests.faults.conftest import status_of

pytest.importorskip("toxiproxy", reason="needs toxiproxy-python (the extra chaos)")


def described(upstream: str, **more: Any) -> dict[str, Any]:
    return {"name": "p", "listen": "127.0.0.1:0", "upstream": upstream, "protocol": "http", **more}


def gone(address: str) -> bool:
    """Whether nothing listens there, after a moment."""
    for _ in range(500):
        if status_of(address) == "ConnectionRefusedError":
            return True
        time.sleep(0.02)
    return False


def test_it_serves_and_leaves_nothing(upstream: str) -> None:
    server = ProxyProcess(seed=7, proxies=[described(upstream)])
    with server:
        listen = ControlClient(server.url).proxy("p").listen
        assert status_of(listen) == 200
        assert server._process is not None
        assert server._process.pid != os.getpid()
        os.kill(server._process.pid, 0)
    assert status_of(listen) == "ConnectionRefusedError"
    assert server.troubles == []
    server.stop()


def test_dependencies_behind_it(upstream: str) -> None:
    with Dependencies([described(upstream)], apart=True) as dependencies:
        dependency = dependencies["p"]
        with dependency.inject("http.status", attributes={"status": 503}) as fault:
            assert status_of(dependency.listen) == 503
            assert fault.witness.hits == 1
            assert fault.witness.last is not None
            assert abs(fault.witness.last - time.monotonic()) < 60, "its clock is ours"
        assert status_of(dependency.listen) == 200
        assert [each.faults for each in dependency.attempts()] == [("http.status_downstream",), ()]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_whoever_started_it(upstream: str, number: int) -> None:
    script = f"""
import time
from seatrial.faults.apart import ProxyProcess
from seatrial.faults.client import ControlClient
server = ProxyProcess(proxies=[{described(upstream)!r}]).start()
print(ControlClient(server.url).proxy("p").listen, flush=True)
time.sleep(600)
"""
    harness = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert harness.stdout is not None
    with harness.stdout:
        listen = harness.stdout.readline().strip()
        assert status_of(listen) == 200
        harness.send_signal(number)
        harness.wait(20)
    assert gone(listen)


def test_ctrl_c_does_not_reach_it(upstream: str) -> None:
    with ProxyProcess(proxies=[described(upstream)]) as server:
        assert server._process is not None
        assert os.getpgid(server._process.pid) != os.getpgid(0)


def test_a_port_that_is_taken_is_told(upstream: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(HarnessError, match="address already in use") as told:
            ProxyProcess(proxies=[described(upstream, listen=listen)]).start()
    assert told.value.hint == "stop what listens there, or give the dependency another address"


def test_a_wrong_description_is_told() -> None:
    with pytest.raises(UsageError, match="cannot listen there"):
        ProxyProcess(proxies=[described("127.0.0.1:1", listen="nonsense")]).start()


def test_a_death_of_its_own_is_told(upstream: str) -> None:
    dependencies = Dependencies([described(upstream)], apart=True).__enter__()
    server: Any = dependencies._server
    server._process.kill()
    server._process.wait()
    with pytest.raises(HarnessError, match="the fault proxy had trouble: it ended with code -9"):
        dependencies.stop()


def test_trouble_inside_is_told(upstream: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import seatrial.faults.server as server\n"
        "was = server.ProxyService.stop\n"
        "async def stop(self):\n"
        "    self.troubles.append('a fault broke')\n"
        "    await was(self)\n"
        "server.ProxyService.stop = stop\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    server = ProxyProcess(proxies=[described(upstream)]).start()
    server.stop()
    assert server.troubles == ["a fault broke"]


def test_one_that_does_not_start_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatrial.faults.apart.PATIENCE", 0.05)
    with pytest.raises(HarnessError, match="did not start within"):
        ProxyProcess().start()
