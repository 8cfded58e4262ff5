"""Dependencies."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from seatrial.policy.dependency import DependencySpec, split_address, unset


def dependency(**changes: object) -> DependencySpec:
    given = {"name": "primary", "listen": "127.0.0.1:9101", "upstream": "127.0.0.1:9001"}
    return DependencySpec.model_validate(given | changes)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9101", ("127.0.0.1", 9101)),
        ("[::1]:80", ("::1", 80)),
        (":9", ("127.0.0.1", 9)),
        ("db.internal:0", ("db.internal", 0)),
    ],
)
def test_an_address_is_host_and_port(text: str, address: tuple[str, int]) -> None:
    assert split_address(text) == address


@pytest.mark.parametrize("text", ["127.0.0.1", "9101", "127.0.0.1:99999", "a b:1", "http://x:1"])
def test_what_is_no_address_to_listen_on(text: str) -> None:
    with pytest.raises(ValidationError, match="is no address"):
        dependency(listen=text)


@pytest.mark.parametrize(
    ("upstream", "tls", "address"),
    [
        ("127.0.0.1:9001", None, ("127.0.0.1", 9001, False)),
        ("10.0.0.1:443", True, ("10.0.0.1", 443, True)),
        ("https://api.example.com", None, ("api.example.com", 443, True)),
        ("http://api.example.com/", None, ("api.example.com", 80, False)),
        ("https://api.example.com:8443", False, ("api.example.com", 8443, False)),
    ],
)
def test_where_it_really_is(upstream: str, tls: bool | None, address: tuple[str, int, bool]) -> None:
    assert dependency(upstream=upstream, tls=tls).upstream_address == address


@pytest.mark.parametrize("upstream", ["https://api.example.com/v1", "ftp://x", "https://", "nowhere"])
def test_what_is_no_upstream(upstream: str) -> None:
    with pytest.raises(ValidationError, match="is no address"):
        dependency(upstream=upstream)


def test_an_address_may_be_left_to_the_environment() -> None:
    left = dependency(listen="127.0.0.1:${env:PORT}", upstream="${env:UPSTREAM}")
    assert (unset(left.listen), unset(left.upstream), unset("127.0.0.1:1")) == (True, True, False)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, "provider"),
        ({"protocol": "anthropic-messages"}, "provider"),
        ({"protocol": "tcp"}, "other"),
        ({"protocol": "tcp", "role": "cache"}, "cache"),
    ],
)
def test_what_it_is_to_the_target(given: dict[str, str], kind: str) -> None:
    assert dependency(**given).kind == kind
