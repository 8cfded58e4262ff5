from __future__ import annotations

from tests.systems.reference.asgi import Client, run


def test_all_models_are_listed() -> None:
    reply = run(lambda: Client().call("GET", "/v1/models"))
    assert reply.json["object"] == "list"
    assert [model["id"] for model in reply.json["data"]] == ["small", "large", "embed-small"]


def test_one_model_is_told_and_an_unknown_one_is_404() -> None:
    known = run(lambda: Client().call("GET", "/v1/models/small"))
    unknown = run(lambda: Client().call("GET", "/v1/models/nope"))
    assert known.json["id"] == "small"
    assert unknown.status == 404
    assert unknown.json["error"]["code"] == "model_not_found"
