"""The table of the control API: route, request → status and body, as Toxiproxy 2.12 answers."""

from __future__ import annotations

import asyncio
import json
import socket
from dataclasses import dataclass
from typing import Any

import pytest

from seatrial.faults.address import split
from tests.faults.rig import Rig, echo, on_loop, read_answer, rig

PROXY = {"name": "p", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1"}
LATE = {"type": "latency", "attributes": {"latency": 100}}
LATE_SHOWN = {
    "attributes": {"latency": 100, "jitter": 0},
    "name": "latency_downstream",
    "type": "latency",
    "stream": "downstream",
    "toxicity": 1.0,
}
NOT_FOUND = {"error": "proxy not found", "status": 404}
TWO = {"error": "missing required field: name at proxy 2"}
NO_TOXIC = {"error": "toxic not found", "status": 404}


@dataclass
class Said:
    """An answer of the API."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


async def call(
    sea: Rig, method: str, path: str, body: Any = None, *, agent: str = "test", raw: bytes = b""
) -> Said:
    """Ask the API something."""
    data = raw or (b"" if body is None else json.dumps(body).encode())
    assert sea.service.address is not None
    reader, writer = await asyncio.open_connection(*split(sea.service.address))
    lines = f"host: x\r\nuser-agent: {agent}\r\ncontent-length: {len(data)}\r\n\r\n"
    writer.write(f"{method} {path} HTTP/1.1\r\n{lines}".encode() + data)
    answer = await read_answer(reader)
    writer.close()
    return Said(answer.status, answer.body.decode(), answer.headers)


async def with_proxy(sea: Rig) -> dict[str, Any]:
    """A server with one proxy, p, with one toxic."""
    shown: dict[str, Any] = (await call(sea, "POST", "/proxies", PROXY)).json
    assert (await call(sea, "POST", "/proxies/p/toxics", LATE)).status == 200
    return shown


ERRORS: list[tuple[str, str, Any, int, dict[str, Any]]] = [
    ("POST", "/proxies", {"upstream": "x"}, 400, {"error": "missing required field: name"}),
    ("POST", "/proxies", {"name": "x"}, 400, {"error": "missing required field: upstream"}),
    ("POST", "/proxies", None, 400, {"error": "bad request body: EOF"}),
    ("POST", "/proxies", [], 400, {}),
    ("POST", "/proxies", {**PROXY, "name": 5}, 400, {}),
    ("POST", "/proxies", {**PROXY, "enabled": "yes"}, 400, {}),
    ("POST", "/proxies", PROXY, 409, {"error": "proxy already exists"}),
    ("POST", "/proxies", {**PROXY, "name": "q", "listen": "nonsense"}, 500, {}),
    ("POST", "/populate", {"name": "x"}, 400, {}),
    ("POST", "/populate", [{"name": "x"}], 400, {"error": "missing required field: upstream at proxy 1"}),
    ("POST", "/populate", [PROXY, {"upstream": "x"}], 400, TWO),
    ("GET", "/proxies/none", None, 404, NOT_FOUND),
    ("POST", "/proxies/none", {}, 404, NOT_FOUND),
    ("PATCH", "/proxies/none", {}, 404, NOT_FOUND),
    ("DELETE", "/proxies/none", None, 404, NOT_FOUND),
    ("GET", "/proxies/none/toxics", None, 404, NOT_FOUND),
    ("POST", "/proxies/none/toxics", LATE, 404, NOT_FOUND),
    ("GET", "/proxies/none/toxics/x", None, 404, NOT_FOUND),
    ("GET", "/proxies/none/witness", None, 404, NOT_FOUND),
    ("PATCH", "/proxies/p", None, 400, {"error": "bad request body: EOF"}),
    ("PATCH", "/proxies/p", {"listen": "nonsense"}, 500, {}),
    ("GET", "/proxies/p/toxics/none", None, 404, NO_TOXIC),
    ("POST", "/proxies/p/toxics/none", {}, 404, NO_TOXIC),
    ("PATCH", "/proxies/p/toxics/none", {}, 404, NO_TOXIC),
    ("DELETE", "/proxies/p/toxics/none", None, 404, NO_TOXIC),
    ("POST", "/proxies/p/toxics", None, 400, {"error": "bad request body: EOF"}),
    ("POST", "/proxies/p/toxics", {}, 400, {"error": "invalid toxic type"}),
    ("POST", "/proxies/p/toxics", {"type": "none"}, 400, {"error": "invalid toxic type"}),
    (
        "POST", "/proxies/p/toxics", {**LATE, "stream": "sideways"}, 400,
        {"error": "stream was invalid, can be either upstream or downstream"},
    ),
    ("POST", "/proxies/p/toxics", LATE, 409, {"error": "toxic already exists"}),
    ("POST", "/proxies/p/toxics", {"type": "latency", "name": "y", "attributes": {"latency": "x"}}, 400, {}),
    ("POST", "/proxies/p/toxics", {"type": "latency", "name": "y", "attributes": [1]}, 400, {}),
    ("POST", "/proxies/p/toxics", {"type": "latency", "name": "y", "toxicity": "x"}, 400, {}),
    ("PATCH", "/proxies/p/toxics/latency_downstream", {"attributes": {"latency": 1.5}}, 400, {}),
    ("GET", "/proxies/p/attempts?since=x", None, 400, {}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "told"), ERRORS)
@on_loop
async def test_errors(method: str, path: str, body: Any, status: int, told: dict[str, Any]) -> None:
    async with rig("127.0.0.1:0") as sea:
        before = await with_proxy(sea)
        said = await call(sea, method, path, body)
        assert said.status == status
        assert said.json["status"] == status
        assert said.json["error"]
        assert said.json | told == said.json
        assert said.text.endswith("\n") or path == "/populate"
        left = (await call(sea, "GET", "/proxies")).json
        assert left == {"p": before | {"toxics": [LATE_SHOWN]}}, "an error changed something"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/nothing", 404), ("GET", "/proxies/", 404), ("GET", "/proxies/p/x", 404),
     ("PUT", "/proxies", 405), ("DELETE", "/proxies", 405), ("GET", "/reset", 405), ("POST", "/version", 405),
     ("PUT", "/proxies/p/toxics/x", 405)],
)  # fmt: skip
@on_loop
async def test_unknown_routes_and_methods(method: str, path: str, status: int) -> None:
    async with rig("127.0.0.1:0") as sea:
        said = await call(sea, method, path)
        assert (said.status, said.text) == (status, "404 page not found\n" if status == 404 else "")


@on_loop
async def test_a_proxy_from_its_beginning_to_its_end() -> None:
    async with rig("127.0.0.1:0") as sea:
        upstream = await sea.upstream(echo)
        made = await call(
            sea, "POST", "/proxies", {**PROXY, "upstream": f"127.0.0.1:{upstream}", "unknown": 1}
        )
        assert made.status == 201
        assert made.headers["content-type"] == "application/json"
        shown = made.json
        listen = shown["listen"]
        assert shown == {
            "name": "p",
            "listen": listen,
            "upstream": f"127.0.0.1:{upstream}",
            "enabled": True,
            "toxics": [],
        }
        assert split(listen)[1] > 0
        assert (await call(sea, "GET", "/proxies")).json == {"p": shown}
        assert (await call(sea, "GET", "/proxies/p")).json == shown
        assert (await call(sea, "POST", "/proxies/p", {})).json == shown
        down = await call(sea, "PATCH", "/proxies/p", {"enabled": False})
        assert (down.status, down.json) == (200, shown | {"enabled": False})
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*split(listen))
        assert (await call(sea, "POST", "/proxies/p", {"enabled": True})).json == shown
        moved = (
            await call(sea, "POST", "/proxies/p", {"upstream": "127.0.0.1:1", "listen": "localhost:0"})
        ).json
        assert moved["upstream"] == "127.0.0.1:1"
        assert moved["listen"].startswith("127.0.0.1:")
        assert moved["enabled"]
        gone = await call(sea, "DELETE", "/proxies/p")
        assert (gone.status, gone.text) == (204, "")
        assert (await call(sea, "GET", "/proxies")).json == {}
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*split(moved["listen"]))


@on_loop
async def test_a_disabled_proxy_is_made_and_listens_when_enabled() -> None:
    async with rig("127.0.0.1:0") as sea:
        made = (await call(sea, "POST", "/proxies", {**PROXY, "enabled": False})).json
        assert (made["enabled"], made["listen"]) == (False, "127.0.0.1:0")
        assert (await call(sea, "POST", "/proxies/p", {"enabled": True})).json["enabled"]


@on_loop
async def test_a_toxic_from_its_beginning_to_its_end() -> None:
    async with rig("127.0.0.1:0") as sea:
        await call(sea, "POST", "/proxies", PROXY)
        made = await call(sea, "POST", "/proxies/p/toxics", LATE)
        assert (made.status, made.json) == (200, LATE_SHOWN)
        path = "/proxies/p/toxics/latency_downstream"
        assert (await call(sea, "GET", path)).json == LATE_SHOWN
        other = {"type": "timeout", "stream": "Upstream", "toxicity": 0.5, "NAME": "dead"}
        shown = (await call(sea, "POST", "/proxies/p/toxics", other)).json
        dead = {"name": "dead", "type": "timeout", "stream": "upstream", "toxicity": 0.5}
        assert shown == dead | {"attributes": {"timeout": 0}}
        assert (await call(sea, "GET", "/proxies/p/toxics")).json == [shown, LATE_SHOWN]  # upstream first
        updated = await call(
            sea, "PATCH", path, {"attributes": {"jitter": 7}, "name": "x", "stream": "upstream"}
        )
        assert updated.json == LATE_SHOWN | {"attributes": {"latency": 100, "jitter": 7}}
        assert (await call(sea, "POST", path, {"toxicity": 0.25})).json["toxicity"] == 0.25
        gone = await call(sea, "DELETE", path)
        assert (gone.status, gone.text) == (204, "")
        assert (await call(sea, "GET", "/proxies/p")).json["toxics"] == [shown]


@on_loop
async def test_names_of_attributes_are_read_leniently() -> None:
    async with rig("127.0.0.1:0") as sea:
        await call(sea, "POST", "/proxies", PROXY)
        toxic = {"Type": "latency", "Attributes": {"LATENCY": 5, "unknown": 1}}
        assert (await call(sea, "POST", "/proxies/p/toxics", toxic)).json["attributes"] == {
            "latency": 5,
            "jitter": 0,
        }
        said = await call(sea, "POST", "/proxies/p/toxics", raw=b'{"type": "noop"} trailing')
        assert (said.status, said.json["name"]) == (200, "noop_downstream")


@on_loop
async def test_populate_creates_replaces_and_keeps() -> None:
    async with rig("127.0.0.1:0") as sea:
        one, two = PROXY | {"name": "one"}, PROXY | {"name": "two", "enabled": False}
        made = await call(sea, "POST", "/populate", [one, two])
        assert made.status == 201
        shown = [(each["name"], each["enabled"]) for each in made.json["proxies"]]
        assert shown == [("one", True), ("two", False)]
        listen = made.json["proxies"][0]["listen"]
        await call(sea, "POST", "/proxies/one/toxics", LATE)
        again = (await call(sea, "POST", "/populate", [one | {"listen": listen}])).json["proxies"]
        assert again[0]["toxics"] == [LATE_SHOWN]  # nothing differs: kept with its toxics
        other = (
            await call(sea, "POST", "/populate", [one | {"listen": listen, "upstream": "127.0.0.1:2"}])
        ).json
        assert (other["proxies"][0]["upstream"], other["proxies"][0]["toxics"]) == ("127.0.0.1:2", [])
        assert set((await call(sea, "GET", "/proxies")).json) == {"one", "two"}
        assert (await call(sea, "POST", "/populate", [])).json == {"proxies": []}


@on_loop
async def test_populate_tells_what_was_made_before_a_port_was_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        async with rig("127.0.0.1:0") as sea:
            said = await call(sea, "POST", "/populate", [PROXY, PROXY | {"name": "q", "listen": address}])
            assert said.status == 500
            assert said.json["error"] == f"listen tcp {address}: bind: address already in use"
            assert [each["name"] for each in said.json["proxies"]] == ["p"]
            single = await call(sea, "POST", "/proxies", PROXY | {"name": "r", "listen": address})
            assert (single.status, single.json["error"]) == (500, said.json["error"])
            assert set((await call(sea, "GET", "/proxies")).json) == {"p"}


@on_loop
async def test_reset_enables_all_and_removes_all_toxics() -> None:
    async with rig("127.0.0.1:0") as sea:
        before = await with_proxy(sea)
        await call(sea, "POST", "/proxies/p", {"enabled": False})
        said = await call(sea, "POST", "/reset")
        assert (said.status, said.text) == (204, "")
        assert (await call(sea, "GET", "/proxies/p")).json == before


@on_loop
async def test_version_and_browsers() -> None:
    async with rig("127.0.0.1:0") as sea:
        said = await call(sea, "GET", "/version")
        assert (said.status, said.text) == (200, '{"version": "2.12.0"}\n')
        assert said.headers["content-type"] == "application/json;charset=utf-8"
        browser = await call(sea, "GET", "/version", agent="Mozilla/5.0 (X11)")
        assert (browser.status, browser.text) == (403, "User agent not allowed\n")


@on_loop
async def test_metrics_count_the_bytes_of_connections_that_stand() -> None:
    async with rig("127.0.0.1:0") as sea:
        proxy = await sea.proxy(await sea.upstream(echo))
        streams = await sea.connect(proxy)
        streams[1].write(b"hello")
        await streams[0].readexactly(5)
        said = await call(sea, "GET", "/metrics")
        labels = f'listener="{proxy.listen}",proxy="p0",upstream="{proxy.upstream.text}"'
        for key in ("received", "sent"):
            for direction in ("upstream", "downstream"):
                assert (
                    f'toxiproxy_proxy_{key}_bytes_total{{direction="{direction}",{labels}}} 5\n' in said.text
                )
        streams[1].close()
        while proxy.sessions:
            await asyncio.sleep(0.002)
        assert (await call(sea, "GET", "/metrics")).text == said.text
        assert said.headers["content-type"].startswith("text/plain; version=0.0.4")


@on_loop
async def test_our_own_routes() -> None:
    async with rig("127.0.0.1:0") as sea:
        await call(sea, "POST", "/proxies", {**PROXY, "protocol": "openai-chat"})
        assert (await call(sea, "GET", "/proxies/p")).json["protocol"] == "openai-chat"
        await call(sea, "POST", "/proxies/p/toxics", LATE)
        witness = (await call(sea, "GET", "/proxies/p/witness")).json
        assert witness["latency_downstream"] == {"hits": 0, "first": None, "last": None}
        assert witness["down"]["hits"] == 0
        assert (await call(sea, "GET", "/proxies/p/attempts?since=0")).json == []
        assert (await call(sea, "POST", "/proxies/p/attempts/clear")).status == 204
        schemas = (await call(sea, "GET", "/faults")).json
        assert {"latency", "http.status", "sse.stall"} <= set(schemas)
        assert "latency" in schemas["latency"]["properties"]


@on_loop
async def test_a_connection_to_the_api_serves_many_calls_and_survives_none_that_is_no_http() -> None:
    async with rig("127.0.0.1:0") as sea:
        assert sea.service.address is not None
        reader, writer = await asyncio.open_connection(*split(sea.service.address))
        writer.write(b"GET /version HTTP/1.1\r\nhost: x\r\n\r\n" * 3)
        for _ in range(3):
            said = await reader.readuntil(b"}\n")
            assert said.startswith(b"HTTP/1.1 200 ")
        writer.write(b"no http\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
        writer.close()


@on_loop
async def test_a_defect_of_ours_is_an_error_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async with rig("127.0.0.1:0") as sea:
        await call(sea, "POST", "/proxies", PROXY)
        monkeypatch.setattr(sea.service.proxies.get("p"), "show", lambda: 1 // 0)
        said = await call(sea, "GET", "/proxies/p")
        assert (said.status, said.json["error"]) == (
            500,
            "ZeroDivisionError: integer division or modulo by zero",
        )
        assert len(sea.service.troubles) == 1
        sea.service.troubles.clear()
