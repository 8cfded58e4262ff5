"""The defects that show under load, over hours, or where the same is asked again: caught by the suite load.

Under load means: at least `seatrial.systems.reference.strain.HEAVY` chat requests at work at once.
"""

from __future__ import annotations

from seatrial.systems.reference.defect import Defect

SUITE = ("load",)

LOAD = (
    Defect(
        "answers-from-cache",
        "a prompt that was answered before is answered from memory, streams too, without a word",
        ("R13",),
        SUITE,
        ("test_repeated_prompts_cost_what_fresh_ones_do",),
    ),
    Defect(
        "prefix-cache",
        "reading a prompt takes 1 ms a token, and nothing where its beginning was read before",
        ("R13",),
        SUITE,
        ("test_a_shared_beginning_saves_nothing",),
    ),
    Defect(
        "cache-answers-another-user",
        "a prompt that is like another's but for an unusual word gets the other's answer",
        ("R13", "R14"),
        SUITE,
        ("test_nobody_gets_another_ones_answer",),
    ),
    Defect(
        "shorter-under-load",
        "under load answers end after their second chunk, with finish_reason stop",
        ("R34", "R10"),
        SUITE,
        ("test_answers_are_as_long_under_load",),
    ),
    Defect(
        "quality-drops-under-load",
        "under load another and worse writer answers, at the same length",
        ("R34", "R37"),
        SUITE,
        ("test_answers_are_as_good_under_load",),
    ),
    Defect(
        "counts-tokens-wrong-under-load",
        "under load usage tells half as many completion tokens again",
        ("R10", "R34"),
        SUITE,
        ("test_tokens_are_counted_alike_under_load",),
    ),
    Defect(
        "buffers-under-load",
        "under load a stream is held back and sent in one piece at its end",
        ("R34", "R39"),
        SUITE,
        ("test_streams_flow_under_load",),
    ),
    Defect(
        "unbounded-queue",
        "four requests are at work at once, and all others wait in a queue without bound or time limit",
        ("R10", "R11", "R34"),
        SUITE,
        ("latency-p95",),
    ),
    Defect(
        "no-back-pressure",
        "nobody is ever sent away with 429: rate limit, compartments and queue admit without bound",
        ("R06", "R34"),
        SUITE,
        ("test_callers_are_sent_away",),
    ),
    Defect(
        "scale-out-never",
        "workers are never added, however long the queue",
        ("R12",),
        SUITE,
        ("test_recovers_after_the_step",),
    ),
    Defect(
        "scale-in-never",
        "workers that were added are never sent home",
        ("R12",),
        SUITE,
        ("test_scales_back",),
    ),
    Defect(
        "freezes",
        "everything stands still for 1 s out of every 4",
        ("R01", "R34"),
        SUITE,
        ("latency-p95",),
    ),
    Defect(
        "tenant-starvation",
        "under load whoever asks least waits 1 s longer",
        ("R06", "R14"),
        SUITE,
        ("fairness",),
    ),
    Defect(
        "memory-leak",
        "every answer leaves 256 KiB of memory behind",
        ("R34",),
        SUITE,
        ("test_soak",),
    ),
    Defect(
        "fd-leak",
        "every answer leaves a file descriptor open",
        ("R34",),
        SUITE,
        ("test_soak",),
    ),
    Defect(
        "latency-drift",
        "every answer makes all later ones begin 1 ms later",
        ("R34",),
        SUITE,
        ("test_soak",),
    ),
    Defect(
        "errors-creep",
        "the share of requests that are answered with 500 grows by 0.2 % with every answer",
        ("R34",),
        SUITE,
        ("test_soak",),
    ),
)
