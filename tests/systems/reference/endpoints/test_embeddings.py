from __future__ import annotations

import base64
import json
import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.systems.reference.endpoints.embeddings import DIMENSIONS, embed
from tests.systems.reference.asgi import Client, Reply, run


def ask(**body: Any) -> Reply:
    data = json.dumps({"model": "embed-small", **body}).encode()
    reply = run(lambda: Client().call("POST", "/v1/embeddings", data))
    assert isinstance(reply, Reply)
    return reply


def likeness(one: str, other: str) -> float:
    return sum(a * b for a, b in zip(embed(one), embed(other), strict=True))


@given(st.text(min_size=1))
def test_a_vector_has_length_one(text: str) -> None:
    vector = embed(text)
    assert len(vector) == DIMENSIONS
    assert math.isclose(sum(value * value for value in vector), 1)
    assert vector == embed(text)


def test_texts_with_words_in_common_are_near() -> None:
    assert likeness("the red lamp on deck", "the red lamp below deck") > 0.5
    assert likeness("the red lamp on deck", "invoice number please") < 0.3


def test_each_text_gets_a_vector_in_order() -> None:
    reply = ask(input=["one text", "another"])
    assert [item["index"] for item in reply.json["data"]] == [0, 1]
    assert reply.json["data"][0]["embedding"] == embed("one text")
    assert reply.json["usage"] == {"prompt_tokens": 3, "total_tokens": 3}
    assert reply.json["model"] == "embed-small"


def test_base64_holds_32_bit_floats() -> None:
    encoded = ask(input="one text", encoding_format="base64").json["data"][0]["embedding"]
    decoded = struct.unpack(f"<{DIMENSIONS}f", base64.b64decode(encoded))
    assert decoded == pytest.approx(embed("one text"), abs=1e-6)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"input": ""}, 400),
        ({"input": []}, 400),
        ({"input": 7}, 400),
        ({}, 400),
        ({"input": "x", "encoding_format": "xml"}, 400),
        ({"input": "x", "model": "small"}, 404),
    ],
)
def test_what_is_wrong_is_refused(body: dict[str, Any], status: int) -> None:
    assert ask(**body).status == status
