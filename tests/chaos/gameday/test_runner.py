"""The script on fakes: what each step does, and that nothing is green that proves nothing."""

from __future__ import annotations

import threading

import pytest

from seatrial.chaos.gameday.abort import Abort, Aborted
from seatrial.core.errors import HarnessError
from tests.chaos.gameday.acting import Dependency, Drill
from tests.chaos.signals.test_webhook import post

SIGNALS = "  signals: [{name: pager, webhook: {}}]\n  consecutive: 5\n"
OUTAGE = (
    f"{SIGNALS}  steps:\n"
    "    - {name: cut, inject: {on: primary, toxic: down}}\n"
    "    - {expect: {signal: pager, within: 300ms}}\n"
    "    - {checkpoint: {rto: 5s}}\n"
    "    - {revert: cut}\n"
    "    - {expect: {signal: pager, state: quiet, within: 300ms}}\n"
)


class Ringing(Dependency):
    """Rings the pager when a fault goes in, and resolves it when the script goes on to take it back."""

    drill: Drill

    def inject(self, type: str, **given: object) -> object:  # type: ignore[override]
        fault = super().inject(type, **given)  # type: ignore[arg-type]
        url = self.drill.signals.addresses["pager"]
        enter, leave = fault.__enter__, fault.__exit__

        def entered() -> object:
            enter()
            threading.Timer(0.01, post, (url, {})).start()
            return fault

        def left(*error: object) -> None:
            leave(None, None, None)
            threading.Timer(0.01, post, (url, {"status": "resolved"})).start()

        class Wrapped:
            witness = fault.witness

            def __enter__(self) -> object:
                return entered()

            def __exit__(self, *error: object) -> None:
                left()

        return Wrapped()


def test_a_good_day_is_green_in_every_point() -> None:
    ringing = Ringing()
    with Drill(OUTAGE, dependency=ringing) as drill:
        ringing.drill = drill
        drill.runner.run()
    assert drill.outcomes() == {
        "steady-before": "PASSED",
        "02-pager-fires": "PASSED",
        "03-checkpoint": "PASSED",
        "01-cut": "PASSED",
        "05-pager-stops": "PASSED",
    }
    phases = [event["phase"] for event in drill.all("fault")]
    assert phases == ["injected", "reverted"]
    assert drill.all("fault")[1]["hits"] == 5
    assert [event["name"] for event in drill.all("expected")] == ["pager", "checkpoint-3", "pager"]
    assert drill.all("signal")[-1]["delay"] is not None


def test_a_signal_that_stays_away_fails() -> None:
    with Drill(OUTAGE) as drill:
        drill.runner.run()
    outcomes = drill.outcomes()
    assert outcomes["02-pager-fires"] == "FAILED"
    assert outcomes["05-pager-stops"] == "INCONCLUSIVE", "what never fired cannot stop"
    assert "did not fire within 300 ms" in drill.reason("fires")


def test_a_signal_that_was_there_before_proves_nothing() -> None:
    with Drill(OUTAGE) as drill:
        post(drill.signals.addresses["pager"], {})
        drill.runner.run()
    assert drill.outcomes()["02-pager-fires"] == "INCONCLUSIVE"
    assert "active already" in drill.reason("fires")


def test_a_fault_that_never_acted_proves_nothing() -> None:
    text = "  consecutive: 5\n  steps:\n    - {name: cut, inject: {on: primary, toxic: down}}\n"
    with Drill(text + "    - {checkpoint: {rto: 200ms}}\n", dependency=Dependency(hits=0)) as drill:
        drill.runner.run()
    assert drill.outcomes() == {
        "steady-before": "PASSED",
        "02-checkpoint": "INCONCLUSIVE",
        "01-cut": "INCONCLUSIVE",
    }
    assert drill.reason("cut") == "it never acted, once would prove something"


def test_fewer_hits_than_demanded_prove_nothing() -> None:
    text = "  consecutive: 5\n  steps: [{name: cut, inject: {on: primary, toxic: down, min_hits: 9}}]\n"
    with Drill(text) as drill:
        drill.runner.run()
    assert drill.reason("cut") == "it acted 5 times, 9 times would prove something"
    assert drill.outcomes()["01-cut"] == "INCONCLUSIVE"


def test_a_service_that_was_bad_before_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatrial.chaos.gameday.runner.STEADY_WITHIN", 0.1)
    text = "  consecutive: 5\n  steps: [{name: cut, inject: {on: primary, toxic: down}}]\n"
    with Drill(text) as drill:
        drill.flow.good = False
        drill.runner.run()
    assert drill.outcomes()["steady-before"] == "INCONCLUSIVE"


def test_a_service_that_does_not_come_back_fails() -> None:
    text = (
        "  consecutive: 5\n  steps:\n    - {checkpoint: {within: 5s}}\n"
        "    - {inject: {on: primary, toxic: down}}\n    - {wait: 50ms}\n    - {checkpoint: {rto: 300ms}}\n"
    )
    with Drill(text) as drill:
        inject = drill.primary.inject

        def hurting(*given: object, **more: object) -> object:
            drill.flow.good = False
            return inject(*given, **more)  # type: ignore[arg-type]

        drill.primary.inject = hurting  # type: ignore[assignment,method-assign]
        drill.runner.run()
    assert drill.outcomes()["01-checkpoint"] == "PASSED"
    assert drill.outcomes()["04-checkpoint"] == "FAILED"
    assert "were bad" in drill.reason("04-checkpoint")


def test_conditions_of_a_fault_are_handed_on() -> None:
    text = (
        "  consecutive: 1\n  steps:\n    - inject:\n        {on: primary, toxic: http.status,"
        " attributes: {status: 429}, toxicity: 50%, when: {first: 3}}\n"
    )
    with Drill(text) as drill:
        drill.runner.run()
    assert drill.primary.asked == [
        {"type": "http.status", "attributes": {"status": 429}, "toxicity": 0.5, "first": 3}
    ]
    assert drill.all("fault")[0]["attributes"] == {"status": 429, "first": 3}


def test_what_the_script_leaves_behind_is_taken_back() -> None:
    text = "  consecutive: 1\n  steps: [{inject: {on: primary, toxic: down}}]\n"
    with Drill(text) as drill:
        drill.runner.run()
    assert [fault.at_work for fault in drill.primary.faults] == [False]


class Scribe:
    """Answers every question, and never presses Enter."""

    def go(self, seconds: float, abort: Abort) -> bool:
        abort.check()
        return False

    def answer(self, question: str, seconds: float, abort: Abort) -> str | None:
        return f"  {question[:4]} seen "


def test_notes_are_taken() -> None:
    with Drill('  steps: [{observe: "What now?", role: scribe}]\n', desk=Scribe()) as drill:
        drill.runner.run()
    assert drill.all("note")[0] | {"t": 0} == {
        "event": "note", "t": 0, "step": 0, "role": "scribe", "question": "What now?", "text": "What seen",
    }  # fmt: skip


def test_a_pause_that_nobody_ends_may_end_the_day() -> None:
    with Drill("  steps: [{pause: {until: ready}}, {wait: 1ms}]\n", desk=Scribe()) as drill:
        drill.runner.run()
        assert len(drill.all("step")) == 4
    with Drill("  steps: [{pause: {until: ready, then: abort}}, {wait: 1ms}]\n", desk=Scribe()) as drill:
        with pytest.raises(Aborted):
            drill.runner.run()
        assert drill.abort.why == "nobody pressed Enter in time"


def test_an_abort_ends_every_wait_and_rolls_everything_back() -> None:
    text = (
        "  consecutive: 1\n  steps:\n    - {name: a, inject: {on: primary, toxic: down}}\n"
        "    - {name: b, inject: {on: primary, toxic: latency}}\n    - {wait: 1h}\n"
    )
    with Drill(text) as drill:
        threading.Timer(0.1, drill.abort.call, ("the key q",)).start()
        with pytest.raises(Aborted):
            drill.runner.run()
        assert [fault.at_work for fault in drill.primary.faults] == [True, True]
        assert drill.runner.roll_back() == []
    assert [fault.at_work for fault in drill.primary.faults] == [False, False]
    reverted = [event["name"] for event in drill.all("fault") if event["phase"] == "reverted"]
    assert reverted == ["b", "a"], "the last one first"
    assert drill.all("gameday")[-1]["faults"] == ["b", "a"]


def test_a_fault_that_does_not_take_is_harness_trouble() -> None:
    text = "  consecutive: 1\n  steps: [{inject: {on: primary, toxic: down}}]\n"
    with Drill(text, dependency=Dependency(broken="enter")) as drill, pytest.raises(HarnessError):
        drill.runner.run()
    assert drill.all("fault")[0]["phase"] == "failed"
    assert drill.runner.faults.active == {}


def test_a_fault_that_does_not_go_is_told_and_the_others_go() -> None:
    text = (
        "  consecutive: 1\n  steps:\n    - {name: a, inject: {on: primary, toxic: down}}\n"
        "    - {name: b, inject: {on: primary, toxic: latency}}\n    - {wait: 1h}\n"
    )
    with Drill(text) as drill:
        threading.Timer(0.1, drill.abort.call, ("the key q",)).start()
        with pytest.raises(Aborted):
            drill.runner.run()
        drill.primary.faults[1]._broken = "exit"
        troubles = drill.runner.roll_back()
    assert [error.what for error in troubles] == ["the fault was not reverted"]
    assert drill.all("gameday")[-1]["failed"] == ["the fault was not reverted"]
    assert [fault.at_work for fault in drill.primary.faults] == [False, False]


def test_the_clock_of_a_fault_stops_when_the_traffic_is_good_again() -> None:
    text = (
        "  consecutive: 3\n  steps:\n"
        "    - {name: cut, inject: {on: primary, toxic: down}}\n    - {wait: 1h}\n"
    )
    with Drill(text) as drill:
        for delay in (0.1, 0.3, 0.35):
            threading.Timer(delay, drill.runner.look).start()
        threading.Timer(0.5, drill.abort.call, ("the test",)).start()
        with pytest.raises(Aborted):
            drill.runner.run()
    assert [(event["fault"], event["seconds"]) for event in drill.all("steady")] == [("cut", 0.0)]
    assert [event["hits"] for event in drill.all("witness")] == [5]
