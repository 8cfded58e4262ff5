"""The script, step by step: what is done, what is waited for, and what each expectation came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from seatrial.chaos.gameday.checks import ALL
from seatrial.chaos.gameday.journey import Journey, Moment
from seatrial.chaos.gameday.judging import judge_recovery
from seatrial.chaos.gameday.model import Spec
from seatrial.chaos.gameday.outline import Item, Outline
from seatrial.chaos.gameday.rollback import Active, Faults
from seatrial.chaos.gameday.script import Step
from seatrial.chaos.signals.judging import Found, judge_signal
from seatrial.core.errors import SeatrialError
from seatrial.core.outcome import Outcome, aggregate

POLL = 0.05  # seconds between two looks at what is waited for
STEADY_WITHIN = 20.0
"""Seconds in which the traffic must be seen to be good before the first fault."""
ANSWER_WITHIN = 1800.0
"""Seconds that people are given to answer a question."""


class Runner:
    """Runs a script.

    Args:
        name: of the game day.
        spec: what is to be done.
        journey: what is under way.
    """

    def __init__(self, name: str, spec: Spec, journey: Journey) -> None:
        self.spec = spec
        self.journey = journey
        self.faults = Faults(journey, name)
        self.outline = Outline(name, spec)
        self.items = self.outline.items
        self._name = name
        self._moments: dict[int, Moment] = {}
        self._steady: bool | None = None

    # ---- the script

    def run(self) -> None:
        """Every step in its order; the faults that the script leaves behind are taken back at the end.

        Raises:
            Aborted: the game day was called off.
            SeatrialError: a fault did not take, or did not go.
        """
        if self.spec.settle:
            self.journey.abort.sleep(self.spec.settle)
        for number, step in enumerate(self.spec.steps):
            self.journey.abort.check()
            with self._step(number, step) as tell:
                tell(self._act(number, step))
        for name in reversed(list(self.faults.active)):
            self._reverted(self.faults.revert(name))

    @contextmanager
    def _step(self, number: int, step: Step) -> Iterator[Callable[[Found | None], None]]:
        found: list[Found | None] = []
        self._tell_step(number, step, "begin")
        yield found.append
        last = found[0] if found else None
        self._tell_step(number, step, "end", last)

    def _tell_step(self, number: int, step: Step, phase: str, found: Found | None = None) -> None:
        self.journey.record(
            "step",
            number=number,
            name=self.outline.title(number),
            action=step.action,
            phase=phase,
            role=step.role,
            outcome=found.outcome.value if found else None,
            reason=found.reason if found else "",
            seconds=found.seconds if found else None,
        )

    def _act(self, number: int, step: Step) -> Found | None:
        journey = self.journey
        self._moments[number] = journey.now()
        if step.inject is not None:
            return self._inject(number, step)
        if step.revert is not None:
            return self._revert(number, step.revert)
        if step.expect is not None:
            return self._expect(number, step)
        if step.checkpoint is not None:
            return self._checkpoint(number, step)
        if step.run is not None:
            return self._scenario(number, step.run)
        if step.wait is not None:
            journey.abort.sleep(step.wait)
        elif step.pause is not None:
            self._pause(step)
        elif step.observe is not None:
            self._observe(number, step)
        return None

    # ---- people

    def _pause(self, step: Step) -> None:
        assert step.pause is not None
        if self.journey.desk.go(step.pause.most, self.journey.abort):
            return
        if step.pause.then == "abort":
            self.journey.abort.call("nobody", "nobody pressed Enter in time")
            self.journey.abort.check()

    def _observe(self, number: int, step: Step) -> None:
        assert step.observe is not None
        said = self.journey.desk.answer(step.observe, ANSWER_WITHIN, self.journey.abort)
        self.journey.record(
            "note", step=number, role=step.role, question=step.observe, text=(said or "").strip() or None
        )

    # ---- faults

    def _inject(self, number: int, step: Step) -> Found | None:
        assert step.inject is not None
        self._require_steady()
        for follower in self.outline.followers(number):
            # What is expected must be known not to be there already.
            expect = self.spec.steps[follower].expect
            if expect is not None:
                self.journey.signals.look(expect.signal)
        active = self.faults.inject(self.outline.title(number), step.inject, self.items[number].id)
        self._moments[number] = active.moment
        self._arm(number)
        return None

    def _revert(self, number: int, which: str) -> Found | None:
        chosen = [which] if which != ALL else list(reversed(self.faults.active))
        # Names of steps that inject are the faults' names; one that is gone already was taken back before.
        found = [self._reverted(self.faults.revert(name)) for name in chosen if name in self.faults.active]
        self._moments[number] = self.journey.now()
        self._arm(number)
        worst = aggregate(each.outcome for each in found) if found else None
        return next((each for each in found if each.outcome is worst), None)

    def _reverted(self, active: Active) -> Found:
        """Whether a fault that was taken back had acted."""
        hits, wanted = active.told, active.inject.min_hits
        if hits is None:
            found = Found(Outcome.INCONCLUSIVE, "nobody can tell whether it acted")
        elif hits < wanted:
            said = f"{_acted(hits)}, {_times(wanted)} would prove something"
            found = Found(Outcome.INCONCLUSIVE, said)
        else:
            found = Found(Outcome.PASSED, f"{_acted(hits)}, and was taken back")
        self._judged(next(item for item in self.items.values() if item.id == active.item), found)
        return found

    def _require_steady(self) -> None:
        """Before the first fault: what was bad already cannot be told from what the fault does."""
        if self._steady is not None:
            return
        journey, wanted = self.journey, self.spec.consecutive
        until = journey.clock() + STEADY_WITHIN
        while not (steady := journey.pulse.last_good(wanted)) and journey.clock() < until:
            journey.abort.sleep(POLL)
        self._steady = steady
        reason = f"the last {wanted} requests before the first fault were {'' if steady else 'not all '}good"
        found = Found(Outcome.PASSED if steady else Outcome.INCONCLUSIVE, reason)
        self._judged(
            Item(f"{self._name}::steady-before", "the service was steady before the first fault"), found
        )

    # ---- expectations

    def _arm(self, number: int) -> None:
        """Tell what is expected from now on, and until when."""
        began = self._moments[number].at
        for at in self.outline.followers(number):
            step = self.spec.steps[at]
            limit = self.outline.limit(at)
            self.journey.record(
                "expected",
                step=at,
                name=step.expect.signal if step.expect else self.outline.title(at),
                state=step.expect.state if step.expect else "steady",
                since=began,
                deadline=began + limit,
                limit=limit,
            )

    def _expect(self, number: int, step: Step) -> Found:
        expect = step.expect
        assert expect is not None
        journey, anchor = self.journey, self._moments[self.outline.anchor(number)].at
        state = journey.signals.state(expect.signal)
        while (found := judge_signal(expect, state, anchor, journey.clock())) is None:
            journey.abort.check()
            journey.signals.wait(POLL)
        journey.record(
            "signal",
            name=expect.signal,
            phase="met" if found.outcome is Outcome.PASSED else "missed",
            step=number,
            state=expect.state,
            since=anchor,
            limit=expect.within,
            delay=found.seconds,
            outcome=found.outcome.value,
            told=found.reason,
        )
        return self._judged(self.items[number], found)

    def _checkpoint(self, number: int, step: Step) -> Found:
        checkpoint = step.checkpoint
        assert checkpoint is not None
        journey, moment = self.journey, self._moments[self.outline.anchor(number)]
        wanted = checkpoint.consecutive or self.spec.consecutive
        limit = self.outline.limit(number)
        while (found := self._recovered(number, wanted, limit)) is None:
            journey.abort.sleep(POLL)
        self._steady = self._steady or found.outcome is Outcome.PASSED
        journey.record(
            "recovery",
            scenario=self._name,
            step=number,
            since=moment.at,
            fault=self.outline.title(self.outline.anchor(number)) if checkpoint.rto is not None else None,
            rto_seconds=found.seconds,
            limit=limit,
            consecutive=wanted,
            outcome=found.outcome.value,
            reason=found.reason,
        )
        return self._judged(self.items[number], found)

    def _recovered(self, number: int, wanted: int, limit: float) -> Found | None:
        """Whether the traffic is good again; what a fault does counts only from when it has acted."""
        anchor = self.outline.anchor(number)
        moment = self._moments[anchor]
        acted: float | None = moment.at
        if self.spec.steps[anchor].inject is not None:
            active = self.faults.all[self.outline.title(anchor)]
            if active.acted is None and active.name in self.faults.active:
                self.faults.acted(active)
            moment, acted = active.moment, active.acted
        journey = self.journey
        now, caused = journey.clock(), anchor != number
        return judge_recovery(journey.pulse, moment, acted, wanted, limit, now, fault=caused)

    def look(self) -> None:
        """What the monitor wants to know a few times a second."""
        self.faults.look(self.spec.consecutive)

    def _scenario(self, number: int, name: str) -> Found:
        scenarios = self.journey.scenarios
        assert scenarios is not None, "the file was checked: its policy has this scenario"
        results = scenarios.run(name)
        self._arm(number)
        outcome = aggregate(result for _, result, _ in results)
        reasons = [f"{what}: {why}" for what, result, why in results if result is outcome]
        return self._judged(self.items[number], Found(outcome, "; ".join(reasons) or "nothing was judged"))

    # ---- the end

    def roll_back(self) -> list[SeatrialError]:
        """Take back whatever is still at work; what went wrong with it."""
        names = list(self.faults.active)
        self.journey.record("gameday", phase="rollback", faults=names)
        done, troubles = self.faults.revert_all()
        for active in done:
            self._reverted(active)
        self.journey.record(
            "gameday",
            phase="rolled-back",
            faults=[active.name for active in done],
            failed=[error.what for error in troubles],
        )
        return troubles

    def _judged(self, item: Item, found: Found) -> Found:
        self.journey.record(
            "item",
            id=item.id,
            suite="gameday",
            title=item.title,
            objective=None,
            control=None,
            outcome=found.outcome.value,
            reason=found.reason,
            seconds=found.seconds,
            exchanges=self.journey.pulse.count,
        )
        return found


def _acted(hits: int) -> str:
    return f"it acted {_times(hits)}" if hits else "it never acted"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
