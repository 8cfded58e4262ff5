"""Settings that cannot work are refused before the first byte, and secrets stay hidden."""

from __future__ import annotations

import pickle

import pytest

from seatrial.core.errors import UsageError
from seatrial.targets.config import Address, HttpJson, TargetConfig, Timeouts, check_header, parse_uri
from seatrial.targets.secret import Secret

CANARY = "sk-canary-7f3a9c51e2"


@pytest.mark.parametrize(
    ("uri", "address", "authority"),
    [
        ("http://127.0.0.1:8000/v1", Address(False, "127.0.0.1", 8000, "/v1", ""), "127.0.0.1:8000"),
        ("https://api.example.com/v1/", Address(True, "api.example.com", 443, "/v1", ""), "api.example.com"),
        ("http://host", Address(False, "host", 80, "", ""), "host"),
        ("http://[::1]:81/v1?a=b", Address(False, "::1", 81, "/v1", "?a=b"), "[::1]:81"),
        (
            "http://bücher.example/",
            Address(False, "xn--bcher-kva.example", 80, "", ""),
            "xn--bcher-kva.example",
        ),
    ],
)
def test_a_uri_is_taken_apart(uri: str, address: Address, authority: str) -> None:
    assert parse_uri(uri, "here") == address
    assert address.authority == authority


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("", "not an http"),
        ("127.0.0.1:8000", "not an http"),
        ("ftp://host/", "not an http"),
        ("http:///v1", "not an http"),
        ("http://host:99999/", "not a uri"),
        ("http://host:x/", "not a uri"),
        ("http://[::1/", "not a uri"),
        ("http://host/a b", "blanks or control"),
        ("http://host/\r\nx: y", "blanks or control"),
        ("http://host/#part", "fragment"),
        ("http://host/ä", "beyond ASCII"),
    ],
)
def test_a_uri_that_cannot_work_is_refused(uri: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        TargetConfig(name="bot", uri=uri)
    assert caught.value.where == "target 'bot' uri"


def test_credentials_in_a_uri_are_refused_and_not_quoted() -> None:
    with pytest.raises(UsageError, match="holds credentials") as caught:
        TargetConfig(uri=f"http://user:{CANARY}@host/v1")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("value", ["a\r\nx: y", "a\nb", "a\0", "a\x7f", "a→b"])
def test_a_header_value_that_would_smuggle_is_refused_and_not_quoted(value: str) -> None:
    with pytest.raises(UsageError, match="the value of x-tag") as caught:
        TargetConfig(uri="http://host", headers={"x-tag": Secret(CANARY + value)})
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\n", "ä"])
def test_a_header_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="not a header name"):
        check_header(name, "x", "here")


def test_a_key_with_a_newline_is_refused_with_the_usual_reason() -> None:
    with pytest.raises(UsageError, match="newline at the end of the key") as caught:
        TargetConfig(uri="http://host", api_key=Secret(CANARY + "\n"))
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_timeouts_are_positive_and_finite(value: float) -> None:
    with pytest.raises(UsageError, match="positive number of seconds") as caught:
        Timeouts(idle=value)
    assert caught.value.where == "timeouts.idle"


def test_no_text_of_a_config_shows_its_secrets() -> None:
    config = TargetConfig(
        uri="http://host",
        api_key=CANARY,  # type: ignore[arg-type]
        headers={"Authorization": f"Basic {CANARY}1", "x-api-key": f"{CANARY}2", "x-plain": "shown"},
        http_json=HttpJson(headers={"x-tag": Secret(f"{CANARY}3")}),
    )
    assert CANARY not in repr(config)
    assert "shown" in repr(config)
    assert CANARY not in str(config.with_(model="m"))
    with pytest.raises(TypeError):
        pickle.dumps(config)


def test_the_redactor_knows_every_credential_of_a_config() -> None:
    config = TargetConfig(
        uri="http://host",
        api_key=Secret("key-one-1"),
        headers={"Authorization": "Basic key-two-2", "x-tag": Secret("key-three-3")},
        http_json=HttpJson(headers={"X-Api-Key": "key-four-4"}),
    )
    clean = config.redactor.redact("key-one-1 key-two-2 key-three-3 key-four-4 Basic key-two-2")
    assert "key" not in clean
