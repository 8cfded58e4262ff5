from __future__ import annotations

import json

import pytest

from suites.contract.bad_requests import ANY_REST, NO_REQUEST, ODD

RIGHT = {"model": "m", "messages": [{"role": "user", "content": "Say yes."}], "max_tokens": 8}


def test_every_case_differs_from_the_right_request_and_from_every_other() -> None:
    bodies = [build(RIGHT) for build in (*NO_REQUEST.values(), *ODD.values())]
    assert len({*bodies, json.dumps(RIGHT).encode()}) == len(bodies) + 1
    assert set(NO_REQUEST) >= ANY_REST
    assert not set(NO_REQUEST) & set(ODD)


@pytest.mark.parametrize("case", ["malformed-json", "empty-body", "invalid-utf-8"])
def test_what_must_not_parse_does_not(case: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of bytes and of JSON
        json.loads(NO_REQUEST[case](RIGHT))


@pytest.mark.parametrize("case", [case for case in ODD if case != "deep-nesting"])
def test_odd_input_is_json_that_asks_for_little(case: str) -> None:
    body = json.loads(ODD[case](RIGHT))
    assert body["max_tokens"] <= 8 or body["stop"]
