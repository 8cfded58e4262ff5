from __future__ import annotations

import pytest

from tests.systems.reference.asgi import Client, Reply, run


def get(client: Client, path: str, **options: object) -> Reply:
    reply = run(lambda: client.call("GET", path, **options))  # type: ignore[arg-type]
    assert isinstance(reply, Reply)
    return reply


def test_every_answer_has_an_id_of_its_own() -> None:
    client = Client()
    ids = {get(client, path).headers["x-request-id"] for path in ("/health", "/v1/models", "/nothing")}
    assert len(ids) == 3


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/version"])
def test_operators_need_no_key(path: str) -> None:
    assert get(Client(), path, key=None).status == 200


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/small", "/v1/nothing"])
def test_users_need_one(path: str) -> None:
    assert get(Client(), path, key=None).status == 401


def test_each_key_has_a_rate_of_its_own() -> None:
    client = Client(keys=("sk-one", "sk-two"), rate=0.001, burst=2)
    statuses = [get(client, "/v1/models", key="sk-one").status for _ in range(3)]
    limited = get(client, "/v1/models", key="sk-one")
    assert statuses == [200, 200, 429]
    assert limited.json["error"]["code"] == "rate_limit_exceeded"
    assert int(limited.headers["retry-after"]) > 0
    assert get(client, "/v1/models", key="sk-two").status == 200


def test_requests_are_counted_by_known_paths_only() -> None:
    client = Client()
    for path in ("/health", "/v1/models", "/secret/token-123"):
        get(client, path)
    page = get(client, "/metrics").body.decode()
    assert 'gateway_requests_total{path="/health",status="200"} 1.0' in page
    assert 'gateway_requests_total{path="other",status="404"} 1.0' in page
    assert "token-123" not in page
