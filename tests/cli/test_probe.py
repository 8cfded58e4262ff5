"""Finding out how an endpoint wants to be asked."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from seatrial.cli.probe import probe
from seatrial.core.errors import UsageError
from seatrial.systems.runner import System


@pytest.fixture
def silent() -> Iterator[str]:
    """An address where nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def test_finds_protocol_address_model_and_streaming(reference: System) -> None:
    for url in (reference.uri, reference.uri.removesuffix("/v1"), f"{reference.uri}/"):
        found = probe(url, api_key=reference.api_key)
        assert (found.protocol, found.uri, found.model, found.streams) == (
            "openai-chat",
            reference.uri,
            "small",
            True,
        )
        assert len(found.durations) == len(found.first_chunks) == 8
        assert all(
            0 < first <= whole for first, whole in zip(found.first_chunks, found.durations, strict=True)
        )
        assert "large" in found.models


def test_another_model(reference: System) -> None:
    assert probe(reference.uri, model="large", api_key=reference.api_key).model == "large"


def test_a_missing_key_is_told_with_its_remedy(reference: System) -> None:
    with pytest.raises(UsageError, match="wants a key") as caught:
        probe(reference.uri)
    assert "--api-key-env" in str(caught.value)


def test_a_wrong_key_is_told_and_not_shown(reference: System) -> None:
    with pytest.raises(UsageError, match="refuses this key") as caught:
        probe(reference.uri, api_key="sk-wrong-canary-0123456789")
    assert "canary" not in str(caught.value)


def test_nothing_there(silent: str) -> None:
    with pytest.raises(UsageError, match="no chat protocol answers there") as caught:
        probe(silent)
    assert "refused" in str(caught.value).lower()
    assert str(caught.value).count(silent) == 1  # one try tells it


def test_another_kind_of_server(reference: System) -> None:
    with pytest.raises(UsageError, match="no chat protocol answers there") as caught:
        probe(f"{reference.uri}/nowhere/v1", api_key=reference.api_key)
    assert "http-json" in str(caught.value)


def test_not_an_address() -> None:
    with pytest.raises(UsageError, match="not an http"):
        probe("127.0.0.1:8000")
