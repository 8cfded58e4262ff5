from __future__ import annotations

from seatrial.systems.cache.app import MAX_BODY, make_app
from tests.systems.reference.asgi import Client, Reply, run


class Cache(Client):
    """Asks one cache, whose time stands still until it is moved."""

    def __init__(self, entries: int = 100) -> None:
        self.now = 0.0
        self.app = make_app(entries=entries, clock=lambda: self.now)

    async def get(self, key: str) -> Reply:
        return await self.call("GET", f"/entries/{key}")

    async def put(self, key: str, body: bytes, **headers: str) -> int:
        return (await self.call("PUT", f"/entries/{key}", body, headers=headers)).status


def test_what_was_kept_is_found_and_counted() -> None:
    async def main() -> None:
        cache = Cache()
        assert await cache.put("a", b'{"one": 1}') == 204
        found, missing = await cache.get("a"), await cache.get("b")
        assert (found.status, found.body, found.headers["content-type"]) == (
            200,
            b'{"one": 1}',
            "application/json",
        )
        assert (missing.status, missing.body) == (404, b"")
        told = (await cache.call("DELETE", "/counters")).json
        assert told == {"hits": 1, "misses": 1, "stored": 1, "entries": 1}
        assert (await cache.call("GET", "/counters")).json["hits"] == 0
        assert (await cache.call("GET", "/health")).json == {"status": "ok"}

    run(main)


def test_an_entry_is_good_for_as_long_as_its_owner_says() -> None:
    async def main() -> None:
        cache = Cache()
        await cache.put("short", b"1", **{"cache-control": "max-age=5"})
        await cache.put("usual", b"2")
        cache.now = 5.0
        assert [(await cache.get(key)).status for key in ("short", "usual")] == [404, 200]
        cache.now = 60.0
        assert (await cache.get("usual")).status == 404

    run(main)


def test_it_keeps_so_many_and_nothing_that_is_too_large() -> None:
    async def main() -> None:
        cache = Cache(entries=2)
        assert await cache.put("huge", b"x" * (MAX_BODY + 1)) == 413
        for key in "abc":
            await cache.put(key, b"1")
        assert [(await cache.get(key)).status for key in "abc"] == [404, 200, 200]

    run(main)
