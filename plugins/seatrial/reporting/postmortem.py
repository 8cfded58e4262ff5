"""A blameless post-mortem as a draft: what the journal knows is filled in, what only people know is asked.

It speaks of roles and never of names: who held a role is nobody's fault.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from seatrial.bundled import bundled
from seatrial.core.outcome import Outcome
from seatrial.reporting import figures
from seatrial.reporting.gameday import GameDayView, RecoveryView, SignalView
from seatrial.reporting.impact import Impact
from seatrial.reporting.markdown import code, plain
from seatrial.reporting.model import Report

if TYPE_CHECKING:
    from jinja2 import Environment

_SHORTEST = 3  # letters of a name that is looked for in what people wrote
_ROWS = 400  # of the timeline


def render_postmortem(report: Report) -> str:
    """The draft as Markdown.

    Args:
        report: of a game day.

    Raises:
        ValueError: it is of another run.
    """
    day = report.gameday
    if day is None:
        raise ValueError("a post-mortem is drafted of a game day")
    nameless = Nameless(day)
    text = (
        _environment()
        .get_template("postmortem.md.j2")
        .render(
            report=report,
            day=day,
            said=nameless.said,
            rows=day.timeline[:_ROWS],
            left=max(len(day.timeline) - _ROWS, 0),
            well=_well(day, report),
            badly=_badly(day, report),
            open_ones=_open(day, report),
            questions=_questions(day, report),
            date=report.run.created[:10],
        )
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


class Nameless:
    """Puts roles where people's names stand.

    Args:
        day: knows who held which role.
    """

    def __init__(self, day: GameDayView) -> None:
        found = {
            part: role
            for role, people in day.roles.items()
            for person in people
            for part in (person, *person.split())
            if len(part) >= _SHORTEST
        }
        self._roles = {name.lower(): role for name, role in found.items()}
        names = sorted(found, key=len, reverse=True)
        pattern = "|".join(re.escape(name) for name in names)
        self._pattern = re.compile(rf"(?i)(?<!\w)(?:{pattern})(?!\w)") if names else None

    def said(self, text: str, limit: int = 2000) -> str:
        """*text* as Markdown that shows just these characters, without names."""
        if self._pattern is not None:
            text = self._pattern.sub(lambda found: f"the {self._roles[found[0].lower()]}", text)
        return plain(text, limit)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(bundled("reports")),
        autoescape=False,  # noqa: S701 - Markdown: every text from outside goes through plain or code
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        plain=plain, code=code, span=figures.seconds, count=figures.count, share=figures.share, clock=clock
    )
    made.globals.update(impact_words=impact_words, delay=_delay)
    return made


def clock(seconds: float) -> str:
    """A moment of the run: ``+04.2 s``, ``+12:03``."""
    if seconds < 60:
        return f"+{seconds:.1f} s"
    return f"+{int(seconds // 60)}:{int(seconds % 60):02}"


def impact_words(found: Impact) -> str:
    """What callers saw, as a sentence."""
    if not found.requests:
        return "no request was under way: nothing is known of what callers would have seen"
    kinds = ", ".join(f"{figures.count(number)} {kind}" for kind, number in found.kinds[:4])
    failed = f"{figures.count(found.failed)} failed ({figures.share(found.failed / found.requests)}"
    failed += f": {kinds})" if kinds else ")"
    told = f"{figures.plural(found.requests, 'request')}, {failed}"
    if found.median is not None and found.slowest is not None:
        told += f"; answers took {figures.seconds(found.median)} in the middle"
        told += f", {figures.seconds(found.slowest)} at the longest"
    return told


def _delay(signal: SignalView) -> str:
    return "–" if signal.delay is None else figures.seconds(round(signal.delay, 2))


def _well(day: GameDayView, report: Report) -> list[str]:
    """What went as it should."""
    found = [f"{_signal(each)} ({each.reason})" for each in day.signals if each.outcome is Outcome.PASSED]
    found += [f"{_back(each)} ({each.reason})" for each in day.recoveries if each.outcome is Outcome.PASSED]
    proven = [each.name for each in report.faults if each.proven]
    if proven:
        found.append(f"the faults acted and were taken back: {', '.join(proven)}")
    if day.aborted is not None and not day.not_rolled_back:
        found.append("the game day could be called off, and everything was taken back")
    return found


def _badly(day: GameDayView, report: Report) -> list[str]:
    """What did not."""
    found = [f"{_signal(each)}: {each.reason}" for each in day.signals if each.outcome is Outcome.FAILED]
    found += [f"{_back(each)}: {each.reason}" for each in day.recoveries if each.outcome is Outcome.FAILED]
    found += [f"{each.name}: {each.error}" for each in report.faults if each.error]
    found += [f"not taken back: {each}" for each in day.not_rolled_back]
    for part in day.during:
        found += [
            f"under {part.label}, {burnt.name} ({burnt.statement}): {burnt.words}"
            for burnt in part.burnt
            if burnt.rate > 1
        ]
    return found


def _open(day: GameDayView, report: Report) -> list[str]:
    """What is not known after all."""
    judged: Sequence[SignalView | RecoveryView] = [*day.signals, *day.recoveries]
    wanted = (Outcome.INCONCLUSIVE, Outcome.ERROR)
    found = [
        f"{_signal(each) if isinstance(each, SignalView) else _back(each)}: {each.reason}"
        for each in judged
        if each.outcome in wanted
    ]
    found += [f"{each.name}: {each.witness}" for each in report.faults if not each.proven and not each.error]
    found += [
        f"step {each.number + 1} ({each.about}) was never reached" for each in day.steps if each.began is None
    ]
    return found


def _questions(day: GameDayView, report: Report) -> list[str]:
    """Action items, as questions to people."""
    found = []
    for signal in day.signals:
        if signal.outcome is Outcome.FAILED:
            found.append(f"Which change makes {signal.name} fire in time, and who will see it fire?")
        elif signal.outcome is Outcome.INCONCLUSIVE:
            found.append(f"How do we get to know whether {signal.name} works at all?")
    for recovery in day.recoveries:
        if recovery.outcome is Outcome.FAILED:
            limit = figures.seconds(recovery.limit)
            found.append(f"What took so long, and what would bring the service back within {limit}?")
    for part in day.during:
        if any(burnt.rate > 1 for burnt in part.burnt):
            found.append(f"Could callers be spared what they saw under {part.label}?")
    found += [
        f"Why did {each.name} never act: does anybody call {each.on} at all?"
        for each in report.faults
        if each.hits == 0
    ]
    if day.aborted is not None:
        found.append("What has to be different before we try again?")
    found += [
        "Would the people on call have found the cause at night, with the runbook alone?",
        "Which of this should a machine try with every release? (seatrial certify --suite resilience)",
    ]
    return found


def _signal(view: SignalView) -> str:
    verb = "fired" if view.state == "active" else "stopped"
    return f"the signal {view.name} {'was to have ' if view.outcome is not Outcome.PASSED else ''}{verb}"


def _back(view: RecoveryView) -> str:
    if not view.fault:
        return "the service was steady" if view.outcome is Outcome.PASSED else "the service was to be steady"
    verb = "was back" if view.outcome is Outcome.PASSED else "was to be back"
    return f"the service {verb} after {view.fault}"
