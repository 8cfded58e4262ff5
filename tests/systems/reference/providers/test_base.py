from __future__ import annotations

from seatrial.systems.reference.providers.base import Failure, ProviderError


def test_an_error_names_its_provider() -> None:
    assert str(ProviderError(Failure.SERVER, "cloud", 503)) == "cloud: upstream_error (503)"
