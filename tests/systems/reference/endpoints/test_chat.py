from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from seatrial.systems.reference import tokenizer
from tests.systems.reference.asgi import KEY, WEATHER, Client, Reply, run


def chat(**fields: object) -> Reply:
    reply = run(lambda: Client().chat(**fields))  # type: ignore[arg-type]
    assert isinstance(reply, Reply)
    return reply


def test_an_answer_is_whole_and_its_usage_exact() -> None:
    reply = chat(content="How do I reset my password?")
    assert reply.status == 200
    assert reply.headers["x-provider"] == "primary"
    assert reply.json["object"] == "chat.completion"
    assert reply.json["choices"][0]["finish_reason"] == "stop"
    prompt, completion = 3 + 3 + 7, tokenizer.count(reply.text)
    assert reply.json["usage"] == {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def test_answers_have_ids_of_their_own() -> None:
    assert chat().json["id"] != chat().json["id"]


def test_a_tool_call_is_told_as_one() -> None:
    choice = chat(tools=[WEATHER], tool_choice="required").json["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])


def test_only_unstreamed_answers_at_temperature_0_are_cached_and_for_one_caller() -> None:
    client = Client(keys=("sk-one", "sk-two"))

    async def scenario() -> list[Reply]:
        return [
            await client.chat(key="sk-one", temperature=0),
            await client.chat(key="sk-one", temperature=0),
            await client.chat(key="sk-two", temperature=0),
            await client.chat(key="sk-one"),
            await client.chat(key="sk-one", temperature=0, stream=True),
        ]

    first, again, other, warm, stream = run(scenario)
    assert [reply.headers.get("x-cache") for reply in (first, again, other, warm, stream)] == [
        "miss",
        "hit",
        "miss",
        None,
        None,
    ]
    assert again.text == first.text
    assert again.json["id"] != first.json["id"]
    assert again.headers["x-provider"] == "cache"


def test_the_cache_can_be_passed_by() -> None:
    client = Client()
    body = json.dumps({"model": "small", "temperature": 0, "messages": [{"role": "user", "content": "Hi"}]})
    headers = {"cache-control": "no-cache"}
    replies = [
        run(lambda: client.call("POST", "/v1/chat/completions", body.encode(), headers=headers)) for _ in "12"
    ]
    assert [reply.headers.get("x-cache") for reply in replies] == [None, None]


def test_every_decision_is_audited_without_the_key(tmp_path: Path) -> None:
    client = Client(audit=tmp_path / "audit.jsonl")

    async def scenario() -> None:
        await client.chat("My mail is ana@example.org")
        await client.stream("Hello")
        gone = asyncio.Event()
        gone.set()
        await client.call("POST", "/v1/chat/completions", _body("Bye"), gone=gone)
        await client.gateway.close()

    run(scenario)
    text = (tmp_path / "audit.jsonl").read_text()
    entries = [json.loads(line) for line in text.splitlines()]
    assert [entry["outcome"] for entry in entries] == ["ok", "ok", "client_gone"]
    assert [entry["streamed"] for entry in entries] == [False, True, False]
    assert entries[0]["prompt"] == "My mail is [email]"
    assert entries[0]["finish_reason"] == "stop"
    assert KEY not in text


def _body(content: str) -> bytes:
    return json.dumps({"model": "small", "messages": [{"role": "user", "content": content}]}).encode()


@pytest.mark.parametrize("stream", [False, True])
def test_nothing_stays_in_flight(stream: bool) -> None:
    client = Client()
    run(lambda: client.chat(stream=stream))
    assert client.gateway.progress.in_flight == 0
    assert b"gateway_in_flight 0.0" in client.gateway.metrics.page()[0]


def test_a_client_that_leaves_ends_the_work() -> None:
    client = Client("health-lies")

    async def scenario() -> Reply:
        gone = asyncio.Event()
        asyncio.get_running_loop().call_soon(gone.set)
        return await client.call("POST", "/v1/chat/completions", _body("Hi"), gone=gone)

    assert run(scenario).status == 0
    assert client.gateway.progress.in_flight == 0
