"""The defects that show after a crash: caught by the suite recovery."""

from __future__ import annotations

from seatrial.systems.reference.defect import Defect

SUITE = ("recovery",)

RECOVERY = (
    Defect(
        "state-lost-on-crash",
        "conversations are kept in memory only, and gone after a crash",
        ("R08",),
        SUITE,
        ("test_conversations_survive",),
    ),
    Defect(
        "conversations-mixed-up",
        "after a restart a conversation holds the answers of another",
        ("R08", "R14"),
        SUITE,
        ("test_conversations_survive",),
    ),
    Defect(
        "jobs-lost-on-crash",
        "accepted work is kept in memory only, and gone after a crash",
        ("R08",),
        SUITE,
        ("test_accepted_work_is_done_once",),
    ),
    Defect(
        "answers-twice-after-restart",
        "work that was done runs again after a restart, and answers a second time",
        ("R08",),
        SUITE,
        ("test_accepted_work_is_done_once",),
    ),
    Defect(
        "slow-restart",
        "a start after a crash takes 15 s longer than the first one",
        ("R08", "R45"),
        SUITE,
        ("test_comes_back",),
    ),
)
