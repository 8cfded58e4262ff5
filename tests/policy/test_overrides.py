"""What the command line changes."""

from __future__ import annotations

import pytest

from tests.policy.conftest import Load, Refused

TWO = ("  traffic:\n    - {", "    - {name: canary, uri: http://c}\n  traffic:\n    - {target: bot, ")


def test_the_only_target_gets_another_address(load: Load) -> None:
    loaded = load(target="https://elsewhere/v1?a=b")
    assert loaded.target().uri == "https://elsewhere/v1?a=b"
    assert loaded.where("spec", "targets", "bot", "uri") == "--target"


def test_one_of_several_is_named(load: Load, refused: Refused) -> None:
    loaded = load(TWO, target="canary=http://d/v1?x=http://y")
    assert loaded.target("canary").uri == "http://d/v1?x=http://y"
    assert loaded.target("bot").uri == "http://127.0.0.1:8000/v1"
    assert refused(TWO, target="http://d") == [
        "--target: the policy has 2 targets\n  say which one: --target NAME=http://d, with one of bot, canary"
    ]
    assert refused(TWO, target="canari=http://d") == [
        "--target: there is no target 'canari', did you mean 'canary'?\n  known: bot, canary"
    ]


@pytest.mark.parametrize(
    "uri", ["127.0.0.1:8000", "ftp://x", "http://", "http://a b", "http://h:port/", "http://[::1"]
)
def test_an_address_that_is_none(refused: Refused, uri: str) -> None:
    (said,) = refused(target=uri)
    assert said.startswith(f"--target spec.targets[0].uri: {uri!r} is no")


def test_an_override_replaces_a_reference(load: Load) -> None:
    loaded = load(("http://127.0.0.1:8000/v1", "${env:URL}"), target="http://h")
    assert loaded.target().uri == "http://h"
