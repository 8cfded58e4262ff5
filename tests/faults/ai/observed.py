"""A fault between a model server and our own measuring client: what does the client say?

The answers are small, and the same for every test: a streamed and an unstreamed one in both dialects,
and each with a tool call.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from seatrial.core.exchange import Exchange
from seatrial.faults.toxic import Toxic
from seatrial.targets.client import Client
from seatrial.targets.config import TargetConfig, Timeouts
from tests.faults.rig import Rig, answering, inject, on_loop, plain, rig, sse

__all__ = ["ANTHROPIC", "OPENAI", "TEXT", "Seen", "asked", "event", "observe"]

TEXT = "Grüße aus Kiel: 3 € für 日本"
PIECES = ("Grüße ", "aus Kiel: ", "3 € ", "für 日本")
USAGE = {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9}
OPENAI, ANTHROPIC = "openai-chat", "anthropic-messages"
ARGUMENTS = '{"city":"Kiel","days":3}'


def event(value: Any, name: str = "") -> bytes:
    data = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return (f"event: {name}\n" if name else "").encode() + f"data: {data}\n\n".encode()


def openai_chunk(delta: dict[str, Any], reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return event({"id": "c1", "object": "chat.completion.chunk", "model": "small", "choices": [choice]})


def openai_events(tool: bool) -> list[bytes]:
    call = {"index": 0, "id": "t1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    pieces = [{"content": piece} for piece in PIECES]
    if tool:
        pieces = [{"tool_calls": [call]}]
        for piece in (ARGUMENTS[:8], ARGUMENTS[8:]):
            pieces.append({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    usage = {"id": "c1", "model": "small", "choices": [], "usage": USAGE}
    return [
        openai_chunk({"role": "assistant", "content": None if tool else ""}),
        *map(openai_chunk, pieces),
        openai_chunk({}, "tool_calls" if tool else "stop"),
        event(usage),
        event("[DONE]"),
    ]


def openai_body(tool: bool) -> bytes:
    function = {"name": "weather", "arguments": ARGUMENTS}
    message: dict[str, Any] = {"role": "assistant", "content": TEXT}
    if tool:
        message |= {"content": None, "tool_calls": [{"id": "t1", "type": "function", "function": function}]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if tool else "stop"}
    return json.dumps({"id": "c1", "model": "small", "choices": [choice], "usage": USAGE}).encode()


def anthropic_events(tool: bool) -> list[bytes]:
    start = {"id": "m1", "type": "message", "model": "small", "content": [], "stop_reason": None}
    block: dict[str, Any] = {"type": "text", "text": ""}
    deltas = [{"type": "text_delta", "text": piece} for piece in PIECES]
    if tool:
        block = {"type": "tool_use", "id": "t1", "name": "weather", "input": {}}
        deltas = [
            {"type": "input_json_delta", "partial_json": part} for part in (ARGUMENTS[:8], ARGUMENTS[8:])
        ]
    values = [
        {"type": "message_start", "message": start | {"usage": {"input_tokens": 5, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use" if tool else "end_turn"},
            "usage": {"output_tokens": 4},
        },
        {"type": "message_stop"},
    ]
    return [event(value, value["type"]) for value in values]


def anthropic_body(tool: bool) -> bytes:
    block: dict[str, Any] = {"type": "text", "text": TEXT}
    if tool:
        block = {"type": "tool_use", "id": "t1", "name": "weather", "input": json.loads(ARGUMENTS)}
    usage = {"input_tokens": 5, "output_tokens": 4}
    answer = {"id": "m1", "type": "message", "model": "small", "content": [block], "usage": usage}
    return json.dumps(answer | {"stop_reason": "tool_use" if tool else "end_turn"}).encode()


def answer(protocol: str, stream: bool, tool: bool) -> bytes:
    """What the model server says."""
    events, body = {OPENAI: (openai_events, openai_body), ANTHROPIC: (anthropic_events, anthropic_body)}[
        protocol
    ]
    if stream:
        return sse(events(tool))
    return plain(
        body(tool), b"200 OK", b"content-type: application/json", b"date: Thu, 01 Jan 2026 00:00:00 GMT"
    )


@dataclass
class Seen:
    """What came of it.

    Attributes:
        exchanges: in order.
        toxics: those that were added.
        reconnects: see `Client.reconnects`.
    """

    exchanges: list[Exchange]
    toxics: list[Toxic]
    reconnects: int

    @property
    def exchange(self) -> Exchange:
        return self.exchanges[0]

    @property
    def hits(self) -> int:
        return self.toxics[0].witness.hits

    @property
    def texts(self) -> list[str]:
        return [exchange.text for exchange in self.exchanges]


async def asked(
    sea: Rig,
    *faults: tuple[str, dict[str, Any]],
    protocol: str = OPENAI,
    stream: bool = True,
    tool: bool = False,
    requests: int = 1,
    target: dict[str, Any] | None = None,
    scheme: str = "http",
    **client: Any,
) -> Seen:
    """Ask through a proxy with *faults*."""
    upstream = await sea.upstream(answering(answer(protocol, stream, tool)))
    proxy = await sea.proxy(upstream, protocol)
    toxics = [inject(proxy, kind, name=str(number), **more) for number, (kind, more) in enumerate(faults)]
    config = TargetConfig(
        protocol=protocol,
        uri=f"{scheme}://{proxy.listen}/v1",
        model="small",
        timeouts=Timeouts(2, 5, 5, 10),
        **target or {},
    )
    async with Client(config, connections=1) as caller:
        exchanges = [
            await caller.exchange("hello", stream=stream, keep_raw=True, index=number, **client)
            for number in range(requests)
        ]
        reconnects = caller.reconnects
    return Seen(exchanges, toxics, reconnects)


def observe(*faults: tuple[str, dict[str, Any]], **options: Any) -> Seen:
    """As `asked`, in a loop of its own; then the same with toxicity 0, which must leave no trace."""
    found: list[Seen] = []

    @on_loop
    async def run() -> None:
        async with rig() as sea:
            found.append(await asked(sea, *faults, **options))
            harmless = [(kind, more | {"toxicity": 0.0}) for kind, more in faults]
            if options.get("scheme") != "https":
                options.pop("requests", None)
                clean = await asked(sea, *harmless, **options)
                assert clean.exchange.ok, clean.exchange
                assert clean.exchange.text == ("" if options.get("tool") else TEXT)
                assert clean.hits == 0

    run()
    return found[0]


def events_of(exchange: Exchange) -> list[str]:
    """The data of the events as they came."""
    assert exchange.raw is not None
    return [data for _, data in exchange.raw.events]
