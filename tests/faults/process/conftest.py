from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not sys.platform.startswith("linux"):
        for item in items:
            item.add_marker(pytest.mark.skip(reason="faults of processes need Linux"))


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """No process and no file descriptor of ours outlives a fault."""

    def own() -> tuple[list[str], int]:
        path = f"/proc/self/task/{os.getpid()}/children"
        with open(path, encoding="ascii") as file:
            children = file.read().split()
        return children, len(os.listdir("/proc/self/fd"))

    before = own()
    yield
    assert own() == before
