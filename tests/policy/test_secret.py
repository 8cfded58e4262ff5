"""A value that must never be printed."""

from __future__ import annotations

import copy
import json
import pickle
import traceback

import pytest

from seatrial.policy.secret import MASK, Secret

CANARY = "canary-7f3a"


def test_it_comes_out_in_one_way_only() -> None:
    secret = Secret(CANARY, "${env:KEY}")
    assert secret.reveal() == CANARY
    shown = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret:>20}",
        str([secret]),
        str({"k": secret}),
    ]
    assert CANARY not in "".join(shown)
    assert repr(secret) == "Secret(${env:KEY})"
    assert repr(Secret(CANARY)) == f"Secret({MASK})"


def test_it_is_not_sent_anywhere_by_accident() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(CANARY))
    with pytest.raises(TypeError):
        json.dumps(Secret(CANARY))
    assert not hasattr(Secret(CANARY), "__dict__")


def test_tracebacks_do_not_show_it() -> None:
    secret = Secret(CANARY)
    try:
        assert secret == "other"
    except AssertionError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert CANARY not in text.replace('CANARY = "canary-7f3a"', "")


def test_it_redacts_itself() -> None:
    assert Secret(CANARY).redact(f"a {CANARY} b {CANARY}") == f"a {MASK} b {MASK}"
    assert Secret("").redact("a b") == "a b"


def test_equality_is_by_value() -> None:
    assert Secret(CANARY) == Secret(CANARY, "${env:KEY}")
    assert Secret(CANARY) != CANARY
    assert len({Secret(CANARY), Secret(CANARY), Secret("other")}) == 2
    assert Secret(CANARY)
    assert not Secret("")
    assert copy.deepcopy(Secret(CANARY, "${env:KEY}")).reference == "${env:KEY}"
    with pytest.raises(AttributeError):
        Secret(CANARY).reference = CANARY
