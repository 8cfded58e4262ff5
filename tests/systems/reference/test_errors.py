from __future__ import annotations

import json

from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import (
    ApiError,
    bad_request,
    error_event,
    error_response,
    server_error,
    unknown_model,
)


def test_an_error_has_openais_shape() -> None:
    response = error_response(bad_request("No.", param="model"), Defects())
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json"
    assert json.loads(bytes(response.body)) == {
        "error": {"message": "No.", "type": "invalid_request_error", "param": "model", "code": None}
    }


def test_headers_of_an_error_are_sent() -> None:
    assert (
        error_response(ApiError(429, "x", headers={"retry-after": "3"}), Defects()).headers["retry-after"]
        == "3"
    )


def test_a_long_model_name_is_not_repeated_in_full() -> None:
    assert len(unknown_model("x" * 100_000).message) < 200


def test_a_server_error_tells_nothing_of_its_inside() -> None:
    assert "Traceback" not in json.dumps(server_error().body())


def test_an_error_inside_a_stream_is_one_event() -> None:
    event = error_event(bad_request("two\nlines"), Defects())
    assert event.startswith(b"data: {")
    assert event.count(b"\n") == 2
    assert event.endswith(b"\n\n")
