from __future__ import annotations

import json
from typing import Any

import pytest

from seatrial.systems.provider.app import make_app
from tests.systems.reference.asgi import Client, Reply, run

BODY = {"model": "small", "messages": [{"role": "user", "content": "How do I return a lamp?"}]}
KEY = "sk-provider-0123456789"


class Provider(Client):
    """Asks one provider."""

    def __init__(self, key: str | None = None, **more: Any) -> None:
        self.app = make_app("cloud", key=key, **more)

    async def post(self, headers: dict[str, str] | None = None, **fields: Any) -> Reply:
        body = json.dumps(BODY | fields).encode()
        return await self.call("POST", "/v1/chat/completions", body, key=KEY, headers=headers)

    async def counters(self, method: str = "GET") -> dict[str, Any]:
        told: dict[str, Any] = (await self.call(method, "/counters")).json
        return told


def test_it_answers_streamed_and_not_and_counts() -> None:
    async def main() -> None:
        provider = Provider()
        whole = await provider.post()
        stream = await provider.post(stream=True, stream_options={"include_usage": True})
        assert whole.headers["x-served-by"] == "cloud"
        assert stream.text == whole.text
        assert stream.finish_reason == "stop"
        assert stream.events[-1] == "[DONE]"
        assert stream.usage == whole.json["usage"]
        told = await provider.counters("DELETE")
        assert (told["name"], told["generations"], told["completed"]) == ("cloud", 2, 2)
        assert (await provider.counters())["generations"] == 0

    run(main)


def test_tenant_and_key_are_on_the_bill() -> None:
    async def main() -> None:
        provider = Provider()
        for _ in range(2):
            await provider.post({"x-tenant": "acme", "idempotency-key": "one"})
        told = await provider.counters()
        assert (told["tenants"], told["repeats"]) == ({"acme": 1}, 1)

    run(main)


def test_providers_with_the_same_seed_agree() -> None:
    async def main() -> None:
        first, second, other = [(await Provider(seed=seed).post()).text for seed in (3, 3, 4)]
        assert first == second != other

    run(main)


@pytest.mark.parametrize(
    ("fields", "status"), [({"model": "none"}, 404), ({"messages": []}, 400)], ids=["model", "messages"]
)
def test_what_is_wrong_is_told_and_not_billed(fields: dict[str, Any], status: int) -> None:
    async def main() -> None:
        provider = Provider()
        reply = await provider.post(**fields)
        assert reply.status == status
        assert reply.json["error"]["message"]
        assert (await provider.counters())["generations"] == 0

    run(main)


def test_a_key_is_wanted_where_one_is_set() -> None:
    async def main() -> None:
        assert (await Provider("sk-another-0123456789").post()).status == 401
        assert (await Provider(KEY).post()).status == 200
        assert (await Provider(KEY).call("GET", "/health", key=None)).json == {
            "status": "ok",
            "name": "cloud",
        }

    run(main)
