from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.faults.process import names
from seatrial.faults.process.names import OwnNames


@pytest.mark.skipif(bool(OwnNames.lacking()), reason=OwnNames.lacking() or "")
def test_only_who_was_started_with_them_sees_them() -> None:
    with OwnNames({"primary.test": "127.0.0.9"}) as own:
        look = ["getent", "hosts", "primary.test"]
        assert subprocess.check_output([*own.enter, *look], text=True).split()[0] == "127.0.0.9"
        assert "primary.test" not in Path("/etc/hosts").read_text()
    assert not own.folder.exists()


def test_what_the_kernel_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "unshare", lambda: ("false",))
    with pytest.raises(UsageError, match="the kernel refuses"), OwnNames({}):
        pass
