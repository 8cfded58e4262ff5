from __future__ import annotations

import pytest

from seatrial.certificate.keys import KeyPair, keygen


@pytest.fixture(scope="session")
def manager(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return keygen(tmp_path_factory.mktemp("keys") / "manager.key")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return keygen(tmp_path_factory.mktemp("keys") / "stranger.key")
