"""What stands against certification, the worst first."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.outcome import Outcome
from seatrial.reporting import figures, story
from seatrial.reporting.model import (
    ControlView,
    Finding,
    FingerprintView,
    ItemView,
    ObjectiveView,
    SuiteView,
    Trouble,
    quiet,
    severity,
)
from seatrial.reporting.text import one_line


def collect(
    objectives: Sequence[ObjectiveView],
    suites: Sequence[SuiteView],
    controls: Sequence[ControlView],
    fingerprints: Sequence[FingerprintView],
    errors: Sequence[Trouble],
    partial: Sequence[str] = (),
) -> tuple[Finding, ...]:
    """Every objective, check, control and fact that is not plainly passed, each once, the worst first.

    A control that only repeats what a check shows, by which it was to be proven, is left out.
    """
    named = {view.name for view in objectives}
    told = {view.item for view in controls}
    found = [_objective(view) for view in objectives if not quiet(view.outcome)]
    others = [
        item
        for suite in suites
        for item in suite.notable
        if item.objective not in named and item.id not in told
    ]
    found += [_item(item) for item in others if item.ran]
    found += _unrun([item for item in others if not item.ran])
    open_items = {item.id for suite in suites for item in suite.notable}
    found += [
        _control(view)
        for view in controls
        if not quiet(view.outcome) and open_items.isdisjoint(view.proven_by)
    ]
    found += [_changed(view) for view in fingerprints if view.before and view.after and not view.unchanged]
    found += [_trouble(error) for error in errors]
    found += [
        Finding(Outcome.INCONCLUSIVE, "The policy", text.removeprefix("the policy "), "", "", None)
        for text in partial
    ]
    return tuple(sorted(found, key=lambda finding: severity(finding.outcome)))


def _objective(view: ObjectiveView) -> Finding:
    return Finding(
        view.outcome,
        view.name,
        story.objective_sentence(view),
        _objective_detail(view),
        view.where,
        view.evidence,
    )


def _objective_detail(view: ObjectiveView) -> str:
    verdict = view.verdict
    if verdict is None:
        return ""
    if view.outcome is Outcome.FAILED and verdict.first_bad is not None:
        how = _how(view)
        told = _sentence(
            f"First seen in request {figures.count(verdict.first_bad)}{f': {how}' if how else ''}"
        )
        counted = " A request without a whole answer counts as one beyond the limit."
        return told + (counted if view.value is not None and view.evidence and view.evidence.failed else "")
    if view.outcome is Outcome.INCONCLUSIVE:
        told_already = "needed" in view.reason or not verdict.needed
        more = f" About {figures.plural(verdict.needed or 0, 'more request')} would decide it."
        return _sentence(view.reason) + ("" if told_already else more)
    return _sentence(view.reason)


def _how(view: ObjectiveView) -> str:
    """What was wrong with the first exchange: its error, or the time that was too long."""
    if view.evidence is None:
        return ""
    facts = dict(view.evidence.facts)
    timed = {"operation.duration": "done", "time_to_first_chunk": "first chunk"}.get(view.indicator, "")
    return view.evidence.summary if view.evidence.failed or timed not in facts else f"{timed} {facts[timed]}"


def _item(item: ItemView) -> Finding:
    reason = one_line(item.reason, 400)
    label = "is not proven" if item.outcome is Outcome.INCONCLUSIVE else item.outcome.label
    return Finding(
        item.outcome,
        item.title,
        f"{label}{': ' if reason else ''}{reason}",
        "",
        item.id,
        item.evidence,
        item.suite,
    )


def _unrun(items: Sequence[ItemView]) -> list[Finding]:
    """Checks that were collected and never ran, as one."""
    if len(items) < 2:
        return [_item(item) for item in items]
    names = figures.listed([item.title for item in items])
    name = figures.plural(len(items), "check")
    return [Finding(Outcome.INCONCLUSIVE, name, "never ran", _sentence(names), "", None)]


def _control(view: ControlView) -> Finding:
    label = "is not proven" if view.outcome is Outcome.INCONCLUSIVE else view.outcome.label
    detail = f"Waived: {view.waiver}" if view.waiver else ""
    reason = one_line(view.reason, 400).removeprefix(f"{view.outcome.label}: ")
    sentence = f"{label}{': ' if reason else ''}{reason}"
    return Finding(view.outcome, view.title or view.id, sentence, detail, f"{view.checklist} {view.id}", None)


def _changed(view: FingerprintView) -> Finding:
    names = [row[0] for row in view.rows if row[3]]
    what = figures.listed(names) if names else "its fingerprint"
    sentence = f"changed while it was tested: {what} differed before and after"
    return Finding(
        Outcome.INCONCLUSIVE, view.target, sentence, "What was measured is not one system.", "", None
    )


def _trouble(error: Trouble) -> Finding:
    if error.kind == "interrupted":
        return Finding(Outcome.ERROR, "The run", "was interrupted", _sentence(error.hint), "", None)
    name, verb = (
        ("The target", "could not be tried") if error.kind == "usage" else ("The harness", "had trouble")
    )
    return Finding(Outcome.ERROR, name, f"{verb}: {error.what}", _sentence(error.hint), error.where, None)


def _sentence(text: str) -> str:
    text = one_line(text, 400)
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")
