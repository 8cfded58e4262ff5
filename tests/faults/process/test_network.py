from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.faults.process import network
from seatrial.faults.process.network import OwnNetwork
from tests.faults.process.victims import state


@pytest.mark.skipif(bool(OwnNetwork.lacking()), reason=OwnNetwork.lacking() or "")
def test_it_is_apart_joined_by_one_cable_and_gone_afterwards() -> None:
    with OwnNetwork() as own:
        pid = own.pid
        assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink("/proc/self/ns/net")
        with socket.socket() as listening:  # ours, not theirs: nobody listens inside
            listening.bind((own.here, 0))
            listening.listen()
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((own.there, listening.getsockname()[1]), timeout=5)
        assert Path(f"/sys/class/net/st{pid}").exists()
    assert state(pid) == ""
    assert not Path(f"/sys/class/net/st{pid}").exists()


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "TOOLS", ("no-such-tool",))
    with pytest.raises(UsageError, match="there is no no-such-tool"), OwnNetwork():
        pass
