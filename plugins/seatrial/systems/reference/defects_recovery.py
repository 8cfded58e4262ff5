"""The defects that show after a crash, and in who is on watch: caught by the suite recovery."""

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
    Defect(
        "never-alerts",
        "a gateway that hangs is restarted, and nobody is told",
        ("R45",),
        SUITE,
        ("test_alerted",),
    ),
    Defect(
        "alerts-late",
        "the alert comes a minute after the gateway stopped answering",
        ("R45",),
        SUITE,
        ("test_alerted",),
    ),
    Defect(
        "cries-wolf",
        "the alert fires now and then while nothing is wrong",
        ("R45",),
        SUITE,
        ("test_no_false_alarm",),
    ),
    Defect(
        "silent-steps",
        "what is done about an alert is told to nobody",
        ("R45",),
        SUITE,
        ("test_steps_are_taken",),
    ),
    Defect(
        "remedy-without-effect",
        "the restart of a gateway that hangs is announced and never done",
        ("R45",),
        SUITE,
        ("test_repaired",),
    ),
    Defect(
        "claims-resolved",
        "an alert is announced as resolved as soon as a restart was tried, whatever came of it",
        ("R45",),
        SUITE,
        ("test_resolved_is_true",),
    ),
    Defect(
        "never-escalates",
        "what no restart helps is restarted for ever, and no person is called",
        ("R45",),
        SUITE,
        ("test_escalated",),
    ),
    Defect(
        "pages-at-once",
        "a person is called for what automation repairs a moment later",
        ("R45",),
        SUITE,
        ("test_escalated",),
    ),
)
