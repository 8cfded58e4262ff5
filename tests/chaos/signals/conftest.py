from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.signals.pages import Pages


@pytest.fixture
def pages() -> Iterator[Pages]:
    with Pages() as server:
        yield server
