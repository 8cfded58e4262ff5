"""The verdict on a journal of chaostoolkit: each way not to be green, and the one way to be."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from seatrial.chaos.toolkit.experiment import Extension
from seatrial.chaos.toolkit.judge import judge
from seatrial.core.outcome import Outcome

Journal = dict[str, Any]


def ran(kind: str, name: str, output: Any = None, **more: Any) -> dict[str, Any]:
    provider = more.pop("provider", {"type": "python"})
    activity = {"type": kind, "name": name, "provider": provider, **more.pop("activity", {})}
    return {"activity": activity, "status": "succeeded", "output": output, **more}


PROBE = {"type": "probe", "name": "answered", "tolerance": True}
STATE = {"steady_state_met": True, "probes": [ran("probe", "answered", True)]}
FAULT = {"on": "primary", "name": "down", "type": "down", "hits": 7, "reverted": True}
GREEN: Journal = {
    "experiment": {
        "steady-state-hypothesis": {"title": "t", "probes": [PROBE]},
        "method": [{"name": "a"}, {"name": "b"}],
        "rollbacks": [{"name": "c"}],
    },
    "status": "completed",
    "deviated": False,
    "steady_states": {"before": STATE, "after": STATE, "during": []},
    "run": [ran("action", "it dies", {"on": "primary"}), ran("probe", "look", 0.5)],
    "rollbacks": [ran("action", "it is back", {"hits": 7})],
    "seatrial": {"faults": [FAULT], "requests": 9, "stopped": None, "troubles": []},
}
FAILED_RUN = {
    "status": "failed",
    "exception": ["Traceback\n", "chaoslib.exceptions.ActivityFailed: KeyError: 'name'\n"],
}
BROKEN = {"steady_state_met": False, "probes": [ran("probe", "answered", 0.2)]}


def test_green_is_green_and_names_the_witness() -> None:
    ruling = judge(GREEN, Extension())
    assert (ruling.outcome, ruling.reason) == (
        Outcome.PASSED,
        "steady before and after under down on primary (7 hits)",
    )


def test_a_weak_witness_is_told_as_one() -> None:
    journal = copy.deepcopy(GREEN)
    journal["seatrial"]["faults"][0] |= {"hits": 1, "weak": True}
    assert judge(journal, Extension()).reason.endswith("under down on primary (bytes passed it)")


def change(**changes: Any) -> Callable[[Journal], None]:
    def do(journal: Journal) -> None:
        for path, value in changes.items():
            *way, last = path.split("__")
            here: Any = journal
            for step in way:
                here = here[int(step) if step.isdigit() else step]
            here[int(last) if last.isdigit() else last] = value

    return do


def update(*path: str | int, **more: Any) -> Callable[[Journal], None]:
    def do(journal: Journal) -> None:
        here: Any = journal
        for step in path:
            here = here[step]
        here.update(more)

    return do


def verdict(outcome: str) -> dict[str, Any]:
    return {"outcome": outcome, "reason": f"it is {outcome.lower()}"}


NOT_GREEN: dict[str, tuple[Callable[[Journal], None], Outcome, str]] = {
    "no section of ours": (lambda journal: journal.pop("seatrial"), Outcome.ERROR, "control did not run"),
    "dry": (update("experiment", dry="actions"), Outcome.INCONCLUSIVE, "run dry"),
    "trouble of ours": (update("seatrial", troubles=["disk full"]), Outcome.ERROR, "disk full"),
    "a stop condition": (
        update("seatrial", stopped="errors: 0.9"),
        Outcome.FAILED,
        "stop condition ended it: errors",
    ),
    "interrupted": (change(status="interrupted"), Outcome.ERROR, "interrupted"),
    "aborted": (change(status="aborted"), Outcome.ERROR, "aborted"),
    "no status": (change(status=None), Outcome.ERROR, "no end of an experiment"),
    "no hypothesis": (
        update("experiment", **{"steady-state-hypothesis": None}),
        Outcome.INCONCLUSIVE,
        "no probes",
    ),
    "an empty hypothesis": (
        update("experiment", "steady-state-hypothesis", probes=[]),
        Outcome.INCONCLUSIVE,
        "no probes",
    ),
    "no look before": (update("steady_states", before=None), Outcome.INCONCLUSIVE, "not looked at before"),
    "broken before": (
        update("steady_states", before=BROKEN),
        Outcome.INCONCLUSIVE,
        "did not hold before .* 0.2",
    ),
    "a probe that broke before": (
        update(
            "steady_states", before={"steady_state_met": False, "probes": [ran("probe", "p") | FAILED_RUN]}
        ),
        Outcome.INCONCLUSIVE,
        "'p' saw nothing: KeyError",
    ),
    "fewer probes than there are": (
        update("experiment", "steady-state-hypothesis", probes=[PROBE, PROBE]),
        Outcome.INCONCLUSIVE,
        "not every probe",
    ),
    "no action": (change(run__0=ran("probe", "only looks", 1)), Outcome.INCONCLUSIVE, "took no action"),
    "a method that broke off": (
        lambda journal: journal["run"].pop(),
        Outcome.INCONCLUSIVE,
        "1 of 2 activities",
    ),
    "an action that failed": (
        update("run", 0, **FAILED_RUN),
        Outcome.ERROR,
        "'it dies' failed: KeyError: 'name'",
    ),
    "an action that never ended": (update("run", 0, status=None), Outcome.ERROR, "never came to its end"),
    "an action that returned false": (update("run", 0, output=False), Outcome.ERROR, "returned false"),
    "a command that failed": (
        change(run__0=ran("action", "kill", {"status": 1}, provider={"type": "process"})),
        Outcome.ERROR,
        "exit code 1",
    ),
    "a call that was refused": (
        change(run__0=ran("action", "post", {"status": 500}, provider={"type": "http"})),
        Outcome.ERROR,
        "HTTP status 500",
    ),
    "a probe that failed": (update("run", 1, **FAILED_RUN), Outcome.INCONCLUSIVE, "'look' saw nothing"),
    "a tolerance nobody looked at": (
        update("run", 1, "activity", tolerance=True),
        Outcome.INCONCLUSIVE,
        "never looked at",
    ),
    "a tolerance that was missed": (
        lambda journal: journal["run"].__setitem__(
            1, ran("probe", "look", 0.5, tolerance_met=False, activity={"tolerance": 1})
        ),
        Outcome.FAILED,
        "0.5 is beyond its tolerance",
    ),
    "a verdict that failed": (update("run", 1, output=verdict("FAILED")), Outcome.FAILED, "it is failed"),
    "a verdict that was not proven": (
        update("run", 1, output=verdict("INCONCLUSIVE")),
        Outcome.INCONCLUSIVE,
        "it is inconclusive",
    ),
    "a fault that never hit": (update("seatrial", "faults", 0, hits=0), Outcome.INCONCLUSIVE, "never acted"),
    "a fault that nobody counts": (
        update("seatrial", "faults", 0, hits=None),
        Outcome.INCONCLUSIVE,
        "nothing counts",
    ),
    "a fault of somebody else's": (update("seatrial", faults=[]), Outcome.INCONCLUSIVE, "nothing shows"),
    "broken after": (update("steady_states", after=BROKEN), Outcome.FAILED, "does not hold after"),
    "no look after": (update("steady_states", after=None), Outcome.INCONCLUSIVE, "not looked at after"),
    "not proven after": (
        update(
            "steady_states",
            after={"steady_state_met": False, "probes": [ran("probe", "p", verdict("INCONCLUSIVE"))]},
        ),
        Outcome.INCONCLUSIVE,
        "it is inconclusive",
    ),
    "broken during": (update("steady_states", during=[STATE, BROKEN]), Outcome.FAILED, "1 of 2 looks"),
    "deviated": (change(deviated=True), Outcome.FAILED, "deviated"),
    "a rollback that failed": (
        update("rollbacks", 0, **FAILED_RUN),
        Outcome.ERROR,
        "rollback 'it is back' failed",
    ),
    "rollbacks that were not played": (change(rollbacks=[]), Outcome.ERROR, "1 of 1 rollbacks"),
    "a fault that was left": (
        update("seatrial", "faults", 0, reverted=False),
        Outcome.ERROR,
        "not taken back",
    ),
}


@pytest.mark.parametrize("name", NOT_GREEN)
def test_not_green(name: str) -> None:
    spoil, outcome, words = NOT_GREEN[name]
    journal = copy.deepcopy(GREEN)
    spoil(journal)
    ruling = judge(journal, Extension())
    assert ruling.outcome is outcome
    assert not ruling.outcome.green
    assert_told(ruling.reason, words)


def assert_told(text: str, words: str) -> None:
    import re

    assert re.search(words, text), text


def test_an_empty_journal_is_not_green() -> None:
    assert judge({}, Extension()).outcome is Outcome.ERROR


def test_a_strict_run_is_judged_by_the_status_before() -> None:
    journal = copy.deepcopy(GREEN)
    journal["status"] = "failed"
    journal["seatrial"]["status"] = "completed"
    assert judge(journal, Extension()).outcome is Outcome.PASSED


def test_more_hits_may_be_asked_for() -> None:
    assert judge(GREEN, Extension(witness={"min_hits": 7})).outcome is Outcome.PASSED  # type: ignore[arg-type]
    ruling = judge(GREEN, Extension(witness={"min_hits": 8}))  # type: ignore[arg-type]
    assert (ruling.outcome, ruling.reason[:40]) == (
        Outcome.INCONCLUSIVE,
        "the fault down on primary acted 7 times,",
    )


@pytest.mark.parametrize(
    ("output", "outcome"),
    [
        (True, Outcome.PASSED),
        (3, Outcome.PASSED),
        (0, Outcome.INCONCLUSIVE),
        (False, Outcome.INCONCLUSIVE),
        ("yes", Outcome.INCONCLUSIVE),
        (None, Outcome.INCONCLUSIVE),
    ],
)
def test_a_witness_probe_stands_in_for_faults_of_others(output: Any, outcome: Outcome) -> None:
    journal = copy.deepcopy(GREEN)
    journal["seatrial"]["faults"] = []
    journal["run"][1] = ran("probe", "canary", output)
    extension = Extension(witness={"probe": "canary"})  # type: ignore[arg-type]
    assert judge(journal, extension).outcome is outcome


def test_a_witness_probe_that_did_not_run_shows_nothing() -> None:
    extension = Extension(witness={"probe": "elsewhere"})  # type: ignore[arg-type]
    ruling = judge(GREEN, extension)
    assert ruling.outcome is Outcome.INCONCLUSIVE
    assert "it did not run" in ruling.reason


def test_the_gravest_reason_comes_first_and_each_once() -> None:
    journal = copy.deepcopy(GREEN)
    journal["rollbacks"] = []
    journal["steady_states"]["after"] = BROKEN
    ruling = judge(journal, Extension())
    assert ruling.outcome is Outcome.FAILED
    assert [reason.split(":")[0] for reason in ruling.reasons] == [
        "the steady state does not hold after the fault",
        "1 of 1 rollbacks were not played",
    ]
