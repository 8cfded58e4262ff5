"""Tests of addresses as people write them."""

from __future__ import annotations

import pytest

from seatrial.faults.address import AddressError, Upstream, join, listening, split


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("127.0.0.1:80", ("127.0.0.1", 80)),
        ("[::1]:80", ("::1", 80)),
        (":0", ("", 0)),
        ("a.b:65535", ("a.b", 65535)),
    ],
)
def test_split(text: str, place: tuple[str, int]) -> None:
    assert split(text) == place
    assert join(*place) == text


@pytest.mark.parametrize("text", ["", "localhost", "a:b", "a:70000", "::1:80", "a:-1", "a:²"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(AddressError):
        split(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", ("127.0.0.1", 0)),
        (":8080", ("127.0.0.1", 8080)),
        ("localhost:81", ("127.0.0.1", 81)),
        ("0.0.0.0:81", ("0.0.0.0", 81)),
        ("[::1]:81", ("::1", 81)),
    ],
)
def test_listeners_bind_this_machine_alone_unless_told_otherwise(text: str, place: tuple[str, int]) -> None:
    assert listening(text) == place


def test_a_listener_on_a_name_that_does_not_exist() -> None:
    with pytest.raises(AddressError, match="no such host"):
        listening("no.such.host.invalid:80")


@pytest.mark.parametrize(
    ("text", "tls", "place", "secure"),
    [
        ("127.0.0.1:9001", None, ("127.0.0.1", 9001), False),
        ("127.0.0.1:9001", True, ("127.0.0.1", 9001), True),
        ("127.0.0.1:9001", {"verify": False}, ("127.0.0.1", 9001), True),
        ("https://api.example.com", None, ("api.example.com", 443), True),
        ("https://api.example.com/", None, ("api.example.com", 443), True),
        ("https://api.example.com:8443", None, ("api.example.com", 8443), True),
        ("https://api.example.com", False, ("api.example.com", 80), False),
        ("http://api.example.com", None, ("api.example.com", 80), False),
        ("https://[::1]", None, ("::1", 443), True),
    ],
)
def test_upstreams(text: str, tls: object, place: tuple[str, int], secure: bool) -> None:
    upstream = Upstream.of(text, tls)
    assert (upstream.place(), upstream.tls, upstream.text) == (place, secure, text)


@pytest.mark.parametrize("tls", ["yes", 1, {"verfy": False}, []])
def test_what_is_no_setting_of_tls(tls: object) -> None:
    with pytest.raises(AddressError):
        Upstream.of("127.0.0.1:1", tls)
