from __future__ import annotations

from seatrial.systems.reference.cache import Cache


def test_an_entry_is_good_for_its_time() -> None:
    now = [0.0]
    cache: Cache[str] = Cache(10, 100, lambda: now[0])
    cache.put("a", "1")
    now[0] = 9.9
    assert cache.get("a") == "1"
    now[0] = 10.0
    assert cache.get("a") is None
    assert len(cache) == 0


def test_the_least_recently_used_entry_goes_first() -> None:
    cache: Cache[int] = Cache(10, 2, lambda: 0.0)
    cache.put("a", 1)
    cache.put("b", 2)
    cache.get("a")
    cache.put("c", 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]


def test_no_time_keeps_nothing() -> None:
    cache: Cache[int] = Cache(0, 2, lambda: 0.0)
    cache.put("a", 1)
    assert cache.get("a") is None


def test_an_entry_may_have_a_time_of_its_own() -> None:
    now = [0.0]
    cache: Cache[int] = Cache(10, 5, lambda: now[0])
    cache.put("short", 1, 2)
    cache.put("none", 2, 0)
    cache.put("usual", 3)
    now[0] = 2.0
    assert [cache.get(key) for key in ("short", "none", "usual")] == [None, None, 3]
