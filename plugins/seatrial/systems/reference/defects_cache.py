"""The defects that show when the cache is in trouble: caught by the suite resilience."""

from __future__ import annotations

from seatrial.systems.reference.defect import Defect

SUITE = ("resilience",)

CACHE = (
    Defect(
        "cache-is-required",
        "what could have been in the cache is answered with 503 while the cache is gone",
        ("R09",),
        SUITE,
        ("test_during[cache-loss/availability]",),
    ),
    Defect(
        "cache-without-timeout",
        "a cache that hangs is waited for without end",
        ("R09",),
        SUITE,
        ("test_during[cache-hang/availability]", "test_during[cache-hang/operation.duration]"),
    ),
    Defect(
        "cache-stampede",
        "callers who ask the same at once are all sent to the provider when the cache has no answer",
        ("R07", "R10"),
        SUITE,
        ("test_client_behaviour[cache-loss/no-stampede]",),
    ),
    Defect(
        "crashes-on-cache-garbage",
        "an entry of the cache that cannot be read is answered with 500",
        ("R09",),
        SUITE,
        ("test_during[cache-garbage/availability]",),
    ),
)
