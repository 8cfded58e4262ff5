from __future__ import annotations

from unittest import mock

import pytest

from seatrial.systems.reference.gateway import Gateway
from tests.systems.reference.asgi import Client, run


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1/nothing", 404),
        ("POST", "/v1/models", 405),
        ("GET", "/v1/chat/completions", 405),
        ("DELETE", "/v1/chat/completions", 405),
        ("POST", "/health", 405),
    ],
)
def test_what_is_not_served_is_a_typed_error(method: str, path: str, status: int) -> None:
    reply = run(lambda: Client().call(method, path))
    assert reply.status == status
    assert reply.json["error"]["type"] == "invalid_request_error"
    assert ("allow" in reply.headers) is (status == 405)


def test_an_error_of_our_own_is_500_without_details() -> None:
    with mock.patch.object(Gateway, "check_model", side_effect=RuntimeError("secret inside")):
        reply = run(lambda: Client().chat())
    assert reply.status == 500
    assert reply.headers["x-request-id"]
    assert reply.json["error"]["type"] == "server_error"
    assert b"secret inside" not in reply.body
