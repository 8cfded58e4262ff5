from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.certificate.keys import KeyPair, keygen
from tests.certificate import events, write


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return keygen(tmp_path_factory.mktemp("keys") / "seatrial.key")


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return keygen(tmp_path_factory.mktemp("keys") / "other.key")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return write(tmp_path / "journal.ndjson", events())
