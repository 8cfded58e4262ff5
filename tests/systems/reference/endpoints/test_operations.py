from __future__ import annotations

from seatrial import __version__
from tests.systems.reference.asgi import Client, Reply, run
from tests.systems.reference.test_model import ask


def get(client: Client, path: str) -> Reply:
    reply = run(lambda: client.call("GET", path, key=None))
    assert isinstance(reply, Reply)
    return reply


def test_a_fresh_gateway_is_healthy_and_ready() -> None:
    client = Client()
    assert get(client, "/health").json == {"status": "ok"}
    assert get(client, "/ready").json["providers"] == {
        "primary": "closed",
        "secondary": "closed",
        "local": "closed",
    }


def test_work_that_stands_still_is_told() -> None:
    client = Client(stuck_after=-1.0)
    client.gateway.progress.begin()
    assert get(client, "/health").status == get(client, "/ready").status == 503
    client.gateway.progress.end()
    assert get(client, "/health").status == get(client, "/ready").status == 200


def test_the_lying_gateway_says_it_is_well() -> None:
    client = Client("health-lies", stuck_after=-1.0)
    client.gateway.progress.begin()
    assert get(client, "/health").status == get(client, "/ready").status == 200


def test_without_providers_it_is_healthy_but_not_ready() -> None:
    client = Client()
    run(client.chat)
    router = client.gateway.router
    for provider in router._order:
        router._breaker(provider, ask()).hold(60.0)
    assert get(client, "/health").status == 200
    assert get(client, "/ready").status == 503
    assert 'gateway_breaker_state{provider="primary"} 2.0' in get(client, "/metrics").body.decode()


def test_metrics_have_prometheus_content_type() -> None:
    assert get(Client(), "/metrics").headers["content-type"].startswith("text/plain; version=")


def test_the_version_is_told_and_not_what_is_broken() -> None:
    reply = get(Client("slow-tail"), "/version")
    assert reply.json["version"] == __version__
    assert b"slow" not in reply.body
