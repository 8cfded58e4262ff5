from __future__ import annotations

from tests.systems.reference.asgi import Client, run


def test_a_body_at_the_limit_is_read_and_one_beyond_is_refused() -> None:
    client = Client(max_body=100)
    within = run(lambda: client.call("POST", "/v1/chat/completions", b"x" * 100))
    beyond = run(lambda: client.call("POST", "/v1/chat/completions", b"x" * 101))
    assert within.status == 400
    assert beyond.status == 413
    assert beyond.json["error"]["code"] == "request_too_large"
    assert beyond.headers["connection"] == "close"
