"""The sentences of a report: what was decided, why, and what to look at."""

from __future__ import annotations

import math
from collections.abc import Sequence

from seatrial.core.outcome import Outcome
from seatrial.core.verdict import Verdict
from seatrial.reporting import figures
from seatrial.reporting.model import Finding, Headline, ObjectiveView, RunView
from seatrial.reporting.purpose import LOAD, leads_of, remark

# What it means to a user of the system when an indicator misses its limit. The telling ones first: an answer
# that is cut short is not available either, and one that begins late ends late.
_MEANINGS = {
    "complete_answers": "Answers are cut short.",
    "availability": "It does not answer reliably.",
    "time_to_first_chunk": "The first words come too late.",
    "operation.duration": "Answers come too late.",
    "time_per_output_chunk": "Answers trickle too slowly.",
    "input_tokens": "Prompts are too large.",
    "output_tokens": "Answers are not of the right length.",
}
_SUITES = {
    "contract": "It breaks its contract.",
    "identity": "It is not what it says it is.",
    "security": "It is not secure.",
    "privacy": "It leaks personal data.",
}


def interval(objective: ObjectiveView) -> str:
    """The interval as the objective's statement counts: bad share beyond a threshold, or good share."""
    verdict = objective.verdict
    if verdict is None or verdict.n == 0 or verdict.lower is None or verdict.upper is None:
        return "–"
    if not objective.bad_share:
        return f"{figures.number(verdict.lower)}{figures.RANGE}{figures.number(verdict.upper)}"
    # What passed may be rounded onto its limit; what did not must not seem to hold it.
    limit = math.nan if objective.outcome.green else verdict.limit
    if objective.value is None and objective.statement.startswith("≥"):
        return figures.share_range(1 - verdict.upper, 1 - verdict.lower, 1 - limit)
    return f"{figures.share_range(verdict.lower, verdict.upper, limit)} {objective.bad}".strip()


def decided_by(verdict: Verdict) -> str:
    """How it was decided, short enough for a table."""
    method = (verdict.method.split() or ["–"])[0].strip(",;")
    return f"{method}, deff {figures.number(verdict.deff)}" if verdict.n else method


def objective_sentence(objective: ObjectiveView) -> str:
    """One objective as a sentence without its name: ``failed: 3.7 % of 402 requests … (limit 1 %)``."""
    verdict = objective.verdict
    if verdict is None or verdict.n == 0 or verdict.estimate is None:
        return f"is {objective.outcome.label}: {objective.reason or 'nothing was measured'}"
    verb = objective.outcome.label if objective.outcome is not Outcome.INCONCLUSIVE else "is not proven"
    return f"{verb}: {observed(objective)} (limit {limit_of(objective)})"


def observed(objective: ObjectiveView) -> str:
    """What was seen: ``3.7 % of 402 requests cut short or broken``."""
    verdict = objective.verdict
    if verdict is None or verdict.estimate is None:
        return "nothing"
    if not objective.bad_share:
        return f"{figures.number(verdict.estimate)} on average over {figures.plural(verdict.n, 'request')}"
    return f"{figures.share(verdict.estimate)} of {figures.plural(verdict.n, 'request')} {objective.bad}"


def limit_of(objective: ObjectiveView) -> str:
    """The limit on what is counted: a share of bad events, or a mean."""
    verdict = objective.verdict
    if verdict is None:
        return objective.statement
    return figures.share(verdict.limit) if objective.bad_share else figures.number(verdict.limit)


def headline(
    outcome: Outcome,
    finished: bool,
    run: RunView,
    findings: Sequence[Finding],
    objectives: Sequence[ObjectiveView],
    counts: dict[Outcome, int],
    partial: bool = False,
) -> Headline:
    """The verdict of the run as a sentence that says why."""
    if not finished:
        return Headline("Not finished.", "The run was cut off and certifies nothing.", _cut_off(run, counts))
    leads, standfirst = leads_of(run.purpose), _standfirst(run, objectives, counts)
    said = f"{standfirst} {remark(run.purpose)}".rstrip()
    if outcome.green and partial:
        return Headline("Passed in part.", "What was tried holds; the whole is not certified.", standfirst)
    if outcome.green:
        if run.purpose == LOAD and not objectives:
            return Headline("Measured.", "No objective is judged on this traffic.", said)
        return Headline(leads.green, _certified_why(outcome, run, objectives), said)
    if outcome is Outcome.ERROR and any(found.sentence == "was interrupted" for found in findings):
        return Headline(
            "Not finished.", "The run was interrupted and certifies nothing.", _cut_off(run, counts)
        )
    if outcome is Outcome.ERROR:
        return Headline(
            leads.trouble, _trouble(findings), f"This says nothing about the target. {standfirst}"
        )
    if outcome is Outcome.FAILED:
        return Headline(leads.failed, _why_failed(findings, objectives), said)
    return Headline("Not proven.", _why_open(run, findings, objectives), said)


def _certified_why(outcome: Outcome, run: RunView, objectives: Sequence[ObjectiveView]) -> str:
    level = f"{figures.share(run.confidence)} confidence"
    proven = sum(item.outcome is Outcome.PASSED for item in objectives)
    if not proven:
        return "Every check passed."
    why = "The objective is proven" if proven == 1 else f"All {proven} objectives are proven"
    return f"{why} at {level}{', with warnings' if outcome is Outcome.WARNED else ''}."


def _trouble(findings: Sequence[Finding]) -> str:
    first = next((found for found in findings if found.outcome is Outcome.ERROR), None)
    return f"{first.name} {first.sentence.partition(':')[0]}." if first else "The harness had trouble."


def _why_failed(findings: Sequence[Finding], objectives: Sequence[ObjectiveView]) -> str:
    failed = {item.indicator: item.name for item in objectives if item.outcome is Outcome.FAILED}
    if failed:
        told = next((words for indicator, words in _MEANINGS.items() if indicator in failed), None)
        return told or f"{next(iter(failed.values()))} failed."
    first = next((item for item in findings if item.outcome is Outcome.FAILED), None)
    if first is None:
        return "A check failed."
    return _SUITES.get(first.suite, f"{figures.listed([first.name])} failed.")


def _why_open(run: RunView, findings: Sequence[Finding], objectives: Sequence[ObjectiveView]) -> str:
    unproven = [item.name for item in objectives if item.outcome is Outcome.INCONCLUSIVE]
    if unproven and len(unproven) == sum(item.outcome is not Outcome.NOT_APPLICABLE for item in objectives):
        measured = any(item.verdict is not None and item.verdict.n for item in objectives)
        if measured:
            return "The data do not suffice for any objective."
        return "No objective was judged." if run.requests else "Nothing was measured."
    if unproven:
        return f"The data do not suffice for {figures.listed(unproven)}."
    open_ones = [item.name for item in findings if item.outcome is Outcome.INCONCLUSIVE]
    return f"{figures.plural(len(open_ones), 'check')} stayed open." if open_ones else "Nothing was measured."


def _standfirst(run: RunView, objectives: Sequence[ObjectiveView], counts: dict[Outcome, int]) -> str:
    subject = run.policy or "The target"
    parts: list[str] = []
    total = len(objectives)
    failed = sum(item.outcome is Outcome.FAILED for item in objectives)
    unproven = sum(item.outcome is Outcome.INCONCLUSIVE for item in objectives)
    if failed:
        parts.append(f"{failed} of {figures.plural(total, 'objective')} failed")
    if unproven:
        parts.append(
            f"{unproven} of {total} could not be proven" if not failed else f"{unproven} could not be proven"
        )
    if total and not failed and not unproven:
        parts.append(f"all {total} objectives hold" if total > 1 else "its objective holds")
    rest = _others(objectives, counts)
    if rest:
        parts.append(rest)
    body = "; ".join(parts) if parts else "no objective was exercised and no check ran"
    spent = f"{figures.plural(run.requests, 'request')} in {figures.seconds(run.seconds)}"
    return f"{subject}: {body}, after {spent}."


def _others(objectives: Sequence[ObjectiveView], counts: dict[Outcome, int]) -> str:
    """What the checks beside the objectives came to."""
    own = {outcome: sum(item.outcome is outcome for item in objectives) for outcome in Outcome}
    rest = {outcome: counts.get(outcome, 0) - own[outcome] for outcome in Outcome}
    failed, unproven = max(rest[Outcome.FAILED], 0), max(rest[Outcome.INCONCLUSIVE], 0)
    passed = max(rest[Outcome.PASSED] + rest[Outcome.WARNED], 0)
    total = passed + failed + unproven + max(rest[Outcome.ERROR], 0)
    if not total:
        return ""
    if passed == total:
        return f"all {total} checks passed" if total > 1 else "the one check passed"
    said = [f"{number} {word}" for number, word in ((failed, "failed"), (unproven, "stayed open")) if number]
    said += [f"{rest[Outcome.ERROR]} met harness trouble"] if rest[Outcome.ERROR] > 0 else []
    return f"of {figures.plural(total, 'other check')} {figures.listed(said)}"


def _cut_off(run: RunView, counts: dict[Outcome, int]) -> str:
    """What a run that was cut has to show."""
    failed, total = counts[Outcome.FAILED], sum(counts.values())
    done = total - counts[Outcome.INCONCLUSIVE]
    said = f"{done} of {figures.plural(total, 'check')} came to an end" if total else "no check was collected"
    said += f", {failed} of them failed" if failed else ""
    return (
        f"{run.policy or 'The target'}: what is here was written in the first "
        f"{figures.seconds(run.seconds)}, with {figures.plural(run.requests, 'request')}; {said}."
    )
