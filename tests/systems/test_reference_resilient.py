"""The recipe with two providers, supervisor and state, from outside: a fault proxy before each provider."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.faults.dependency import Dependencies
from seatrial.systems.runner import System

if TYPE_CHECKING:
    import httpx

BODY = {"model": "small", "messages": [{"role": "user", "content": "How do I return a lamp?"}]}
LONG = 30.0


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with System("reference-resilient") as system:
        yield system


@pytest.fixture(scope="module")
def dependencies(system: System) -> Iterator[Dependencies]:
    with Dependencies(system.dependencies) as dependencies:
        yield dependencies


def client_of(system: System, key: str | None = None) -> httpx.Client:
    import httpx

    headers = {"authorization": f"Bearer {key or system.api_key}"}
    return httpx.Client(base_url=system.uri, headers=headers, timeout=LONG, trust_env=False)


@pytest.fixture
def client(system: System) -> Iterator[httpx.Client]:
    with client_of(system) as client:
        yield client


def provider_of(client: httpx.Client) -> str:
    return str(client.post("/chat/completions", json=BODY).headers["x-provider"])


def until(wanted: str, client: httpx.Client) -> bool:
    """Whether this provider answers within the time that a breaker needs."""
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        if provider_of(client) == wanted:
            return True
        time.sleep(0.05)
    return False


def counters(system: System, name: str) -> dict[str, Any]:
    import httpx

    told: dict[str, Any] = httpx.get(
        f"http://127.0.0.1:{system.ports[name]}/counters", trust_env=False
    ).json()
    return told


def test_the_first_provider_answers_and_the_next_when_it_is_gone(
    system: System, dependencies: Dependencies, client: httpx.Client
) -> None:
    assert provider_of(client) == "primary"
    before = counters(system, "primary")["generations"]
    with dependencies["primary"].inject("down") as fault:
        assert provider_of(client) == "secondary"
        assert fault.witness.hits > 0
        assert counters(system, "primary")["generations"] == before
    assert until("primary", client)


def test_with_all_providers_gone_the_answer_is_degraded_and_says_so(
    dependencies: Dependencies, client: httpx.Client
) -> None:
    with dependencies["primary"].inject("down"), dependencies["secondary"].inject("down"):
        answer = client.post("/chat/completions", json=BODY)
        assert answer.status_code == 200
        assert answer.headers["x-degraded"] == answer.json()["degraded"] == "local-fallback"
    assert until("primary", client)


def test_the_cache_answers_what_was_asked_before_and_is_not_missed_when_it_is_gone(
    system: System, dependencies: Dependencies, client: httpx.Client
) -> None:
    def caches() -> list[str]:
        return [
            client.post("/chat/completions", json=BODY | {"temperature": 0}).headers["x-cache"] for _ in "12"
        ]

    assert until("primary", client)
    assert caches() == ["miss", "hit"]
    assert counters(system, "cache")["hits"] == 1
    with dependencies["cache"].inject("down") as fault:
        assert caches() == ["miss", "miss"]
    assert fault.witness.hits > 0


def test_both_keys_are_let_in(system: System, dependencies: Dependencies) -> None:
    with client_of(system, system.other_key) as other:
        assert until("primary", other)


def test_killed_it_is_back_with_everything_it_had_acknowledged(
    system: System, dependencies: Dependencies, client: httpx.Client
) -> None:
    import httpx

    kept = client.post("/responses", json={"model": "small", "input": "Where is my lamp?"}).json()
    work = client.post("/responses", json={"model": "small", "input": "Work", "background": True}).json()
    assert system.pidfile is not None
    pid = int(system.pidfile.read_text())
    assert pid != system.pid
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline:
        try:
            found = client.get(f"/responses/{work['id']}").json()
        except httpx.TransportError:
            time.sleep(0.02)
            continue
        if found["status"] != "queued":
            break
    assert client.get(f"/responses/{kept['id']}").json() == kept
    assert (found["status"], len(found["output"])) == ("completed", 1)
    assert int(system.pidfile.read_text()) != pid
    assert system.alive
