"""The reference system from the outside: started by its recipe, asked over the network."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.systems.runner import System

if TYPE_CHECKING:
    import httpx

BODY = {"model": "small", "messages": [{"role": "user", "content": "How do I return a lamp?"}]}


def client_of(system: System) -> httpx.Client:
    import httpx

    headers = {"authorization": f"Bearer {system.api_key}"}
    return httpx.Client(base_url=system.uri, headers=headers, timeout=20, trust_env=False)


@pytest.fixture(scope="module")
def gateway() -> Iterator[System]:
    with System("reference") as system:
        yield system


@pytest.fixture
def client(gateway: System) -> Iterator[httpx.Client]:
    with client_of(gateway) as client:
        yield client


def streamed(client: httpx.Client, **fields: Any) -> tuple[str, list[str]]:
    """Content type and data of the events of a streamed answer."""
    with client.stream("POST", "/chat/completions", json=BODY | {"stream": True} | fields) as response:
        lines = [line.removeprefix("data: ") for line in response.iter_lines() if line]
        return response.headers["content-type"], lines


def test_it_answers_over_the_network(client: httpx.Client) -> None:
    response = client.post("/chat/completions", json=BODY)
    assert response.status_code == 200
    assert response.json()["choices"][0]["finish_reason"] == "stop"


def test_it_streams_the_same_answer(client: httpx.Client) -> None:
    whole = client.post("/chat/completions", json=BODY).json()
    kind, lines = streamed(client)
    assert kind.startswith("text/event-stream")
    assert lines[-1] == "[DONE]"
    chunks = [json.loads(line) for line in lines[:-1]]
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert text == whole["choices"][0]["message"]["content"]
    assert len(chunks) >= 6


def test_the_wrong_key_is_refused(client: httpx.Client) -> None:
    headers = {"authorization": "Bearer sk-wrong-0123456789"}
    response = client.post("/chat/completions", json=BODY, headers=headers)
    assert response.status_code == 401
    assert "sk-wrong" not in response.text


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 200_000, b"{}"])
def test_bad_input_is_400(client: httpx.Client, body: bytes) -> None:
    response = client.post("/chat/completions", content=body)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("size", [2 << 20, 20 << 20])
def test_a_body_that_is_too_large_is_413_and_the_server_lives(client: httpx.Client, size: int) -> None:
    import httpx

    try:
        assert client.post("/chat/completions", content=b"x" * size).status_code == 413
    except httpx.TransportError:  # a sender that does not stop is cut off
        assert size > 16 << 20
    assert client.get("/models").status_code == 200


def test_operations_are_open(gateway: System) -> None:
    import httpx

    root = gateway.uri.removesuffix("/v1")
    for path in ("/health", "/ready", "/metrics", "/version"):
        assert httpx.get(root + path, trust_env=False).status_code == 200


def test_the_log_is_json_and_holds_neither_key_nor_prompt(gateway: System, client: httpx.Client) -> None:
    client.post("/chat/completions", json=BODY)
    text = gateway.log.read_text()
    for line in text.splitlines():
        json.loads(line)
    assert str(gateway.api_key) not in text
    assert "lamp" not in text


def test_the_audit_log_tells_every_answer(gateway: System, client: httpx.Client) -> None:
    response = client.post("/chat/completions", json=BODY)
    entry: dict[str, Any] = {}
    for _ in range(500):  # it is written after the answer was sent
        lines = (gateway.folder / "audit.jsonl").read_text().splitlines()
        entry = json.loads(lines[-1]) if lines else {}
        if entry.get("request_id") == response.headers["x-request-id"]:
            break
        time.sleep(0.01)
    assert entry["request_id"] == response.headers["x-request-id"]
    assert entry["outcome"] == "ok"


def test_a_defect_is_switched_on_by_the_command_line() -> None:
    with System("reference", arguments=["--defect", "missing-done"]) as system, client_of(system) as client:
        assert "[DONE]" not in streamed(client)[1]


def test_an_unknown_defect_stops_the_start() -> None:
    from seatrial.core.errors import HarnessError

    with pytest.raises(HarnessError, match="did you mean 'missing-done'"):
        System("reference", arguments=["--defect", "mising-done"]).start()


def test_one_gateway_can_stand_before_another_and_falls_back_when_it_dies() -> None:
    with System("reference") as provider:
        env = {"SEATRIAL_REFERENCE_UPSTREAM_KEY": str(provider.api_key)}
        arguments = ["--upstream", f"cloud={provider.uri}#large"]
        with System("reference", arguments=arguments, env=env) as front, client_of(front) as client:
            near = client.post("/chat/completions", json=BODY)
            assert near.headers["x-provider"] == "cloud"
            assert near.json()["model"] == "small"
            assert streamed(client, stream_options={"include_usage": True})[1][-1] == "[DONE]"
            provider.kill()
            far = client.post("/chat/completions", json=BODY)
            assert far.status_code == 200
            assert far.headers["x-degraded"] == "local-fallback"
