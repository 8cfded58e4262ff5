"""Targets."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from seatrial.policy.target import PROTOCOLS, TargetSpec

BASE = {"name": "bot", "uri": "http://h/v1"}
HTTP = {"protocol": "http-json", "http": {"answer": "$.choices[0].text"}}


def _said(**changes: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        TargetSpec.model_validate({**BASE, **changes})
    return str(caught.value.errors()[0]["msg"])


def test_what_is_left_out() -> None:
    target = TargetSpec.model_validate(BASE)
    assert target.protocol == "openai-chat"
    assert (target.timeouts.connect, target.timeouts.total) == (5, 120)
    assert target.tls.verify
    assert target.identity.onChange == "fail"
    assert target.maxBody == 16 * 2**20
    assert target.http is None


def test_any_rest_model() -> None:
    http = {
        "answer": "$.out[?(@.ok==true)].text",
        "method": "PUT",
        "path": "/ask",
        "body": {"q": ["{{prompt}}", None]},
    }
    target = TargetSpec.model_validate({**BASE, "protocol": "http-json", "http": http})
    assert target.http is not None
    assert target.http.body == {"q": ["{{prompt}}", None]}
    assert target.model_dump(mode="json", exclude_none=True)["http"]["body"] == {"q": ["{{prompt}}", None]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"http": {"answer": "$.["}}, "'$.[' is no JSONPath"),
        ({"http": {"answer": "$.a", "path": "ask"}}, "'ask' is no path"),
        ({"health": "health"}, "'health' is no path"),
        ({"headers": {"a b": "x"}}, "'a b' is no header name"),
        ({"headers": {"a": "x\r\nEvil: y"}}, "a header is one line of text"),
        ({"headers": {"a": 5}}, "a header is one line of text"),
        ({"uri": "http://h/#x"}, "has a fragment"),
        ({"uri": "http://user@h"}, "the address holds credentials"),
        ({"uri": "http://h:99999"}, "is no address"),
    ],
)
def test_refused(changes: dict[str, Any], said: str) -> None:
    assert said in _said(**changes)


def test_a_protocol_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "unknown protocol 'carrier-pigeon'" in _said(protocol="carrier-pigeon")
    monkeypatch.setitem(PROTOCOLS, "carrier-pigeon", "RFC 1149")
    assert TargetSpec.model_validate({**BASE, "protocol": "carrier-pigeon"})


def test_prices() -> None:
    target = TargetSpec.model_validate({**BASE, "prices": {"input": "$0.15", "output": "$0.60"}})
    assert target.prices is not None
    assert (target.prices.input.amount, target.prices.output.amount) == (0.15, 0.6)
