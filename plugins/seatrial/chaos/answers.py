"""What the callers of a target in trouble are told: pure functions of what was recorded.

`JUDGES` has one for every name that a policy may write under ``answers``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from seatrial.chaos.behaviour.calls import NOT_SENT
from seatrial.chaos.finding import Finding, beside, failed, passed, share_of_calls, unproven
from seatrial.chaos.record import HealthSample, Record
from seatrial.policy.aspects import Aspect

UNUSUAL = 0.5
"""Below this share of good answers nobody could say that the target is ready."""
USUAL = 0.95
SETTLED = 0.5
"""The part of the fault, counted from its end, by which a health page must have noticed."""


def errors_typed(record: Record, aspect: Aspect) -> Finding:
    """An error reaches the caller as the protocol tells errors, with a message and its kind."""
    errors = [seen for seen in record.under if not seen.good]
    if not errors:
        return beside(f"none of {len(record.under):,} callers saw an error")
    blank = [seen for seen in errors if not seen.typed]
    kinds = Counter(str(seen.error) for seen in blank)
    named = f" ({kinds.most_common(1)[0][0]})" if kinds else ""
    return share_of_calls(
        f"ended in an error that tells nothing{named}",
        bad=len(blank),
        met=len(errors),
        calls=len(record.under),
    )


def degraded_marked(record: Record, aspect: Aspect) -> Finding:
    """Answers of the last resort can be told from all others: by a header, or by the model they name."""
    answers = [seen for seen in record.under if seen.good]
    if not answers:
        return beside("there was no answer under the fault")
    usual = {mark for seen in record.before for mark in seen.marks}
    models = {seen.model for seen in record.before}
    blank = sum(not (set(seen.marks) - usual) and seen.model in models for seen in answers)
    return share_of_calls(
        "were answered while every provider was out, and nothing in the answer says so",
        bad=blank,
        met=len(answers),
    )


def model_kept(record: Record, aspect: Aspect) -> Finding:
    """Under the fault no other model answers than before."""
    answers = [seen for seen in record.under if seen.good]
    usual = {seen.model for seen in record.before if seen.good}
    if not answers or usual <= {None}:
        return unproven("no answer under the fault, or none before it named its model", len(answers))
    others = Counter(str(seen.model) for seen in answers if seen.model not in usual)
    named = f" ({others.most_common(1)[0][0]!r})" if others else ""
    return share_of_calls(
        f"were answered by another model than before{named}", bad=others.total(), met=len(answers)
    )


def cuts_told(record: Record, aspect: Aspect) -> Finding:
    """An answer that was cut on its way is told as an error or made anew, and never passed on as complete.

    Each answer that the fault cut must be matched by another attempt for it, or by an error at a caller.
    Where there are fewer of both than cuts, the rest were passed on as complete.
    """
    recording = record.recording
    if recording is None:
        return unproven("nothing was recorded")
    cut = anew = 0
    for group in recording.struck:
        struck = [number for number, attempt in enumerate(group) if attempt.faults and attempt.status < 400]
        cut += len(struck)
        anew += sum(number + 1 < len(group) for number in struck)
    anew += len({each.body_hash for each in recording.others if recording.injected <= each.started
                 < recording.reverted and each.outcome != NOT_SENT})  # fmt: skip
    told = sum(not seen.good for seen in record.under)
    passed_on = max(0, cut - anew - told)
    return share_of_calls(
        "were cut on their way and passed on as complete",
        bad=min(passed_on, cut),
        met=cut,
        calls=len(record.under),
        cut=cut,
        anew=anew,
        told_as_error=told,
    )


def health_truthful(record: Record, aspect: Aspect) -> Finding:
    """While nobody gets an answer no health page says 200; while everybody does none says otherwise."""
    pages = sorted({sample.path for sample in record.health})
    if not pages:
        return beside("the target has no page for health or readiness")
    seen = list(record.under)
    late = seen[int(len(seen) * SETTLED) :]
    if len(late) < 5:
        return unproven(f"only {len(late)} answers in the later part of the fault", len(late))
    share = sum(each.good for each in late) / len(late)
    since = min(each.sent for each in late)
    said = {page: _said(record.health, page, since) for page in pages}
    numbers: dict[str, Any] = {
        "good": share,
        "pages": {page: round(value, 3) for page, value in said.items()},
    }
    if share < UNUSUAL:
        if any(value == 0.0 for value in said.values()):
            return passed("readiness is denied while callers are not served", len(late), **numbers)
        liar = max(said, key=lambda page: said[page])
        return failed(
            f"{liar} says 200 while {1 - share:.0%} of the callers get no answer", len(late), **numbers
        )
    if share >= USUAL:
        shy = [page for page, value in said.items() if value < UNUSUAL]
        if shy:
            return failed(f"{shy[0]} denies what {share:.0%} of the callers get", len(late), **numbers)
        return passed(f"{', '.join(pages)} say 200 while callers are served", len(late), **numbers)
    return unproven(f"{share:.0%} of the callers are served: neither up nor down", len(late), **numbers)


def _said(samples: Sequence[HealthSample], page: str, since: float) -> float:
    """The share of 200s that a page gave from *since* on; of its last word, where there is no later one."""
    own = [sample for sample in samples if sample.path == page]
    late = [sample for sample in own if sample.at >= since] or own[-1:]
    return sum(sample.status == 200 for sample in late) / len(late)


JUDGES: dict[str, Callable[[Record, Aspect], Finding]] = {
    "errors-typed": errors_typed,
    "degraded-marked": degraded_marked,
    "cuts-told": cuts_told,
    "model-kept": model_kept,
    "health-truthful": health_truthful,
}
