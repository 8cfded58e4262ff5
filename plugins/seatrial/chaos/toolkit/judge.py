"""What an experiment came to, by chaostoolkit's journal and never by its exit code.

PASSED needs all of it: the steady state held before, each action of the method succeeded, each fault's
witness saw it act, each rollback succeeded and no fault was left behind, the steady state held after (and
during, where that was asked for), and no stop condition ended it. What went wrong on our side is an ERROR,
what was not shown is INCONCLUSIVE, and what the target did wrong is FAILED.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from seatrial.chaos.toolkit.experiment import Extension
from seatrial.core.outcome import Outcome, aggregate

Found = tuple[Outcome, str]
Run = Mapping[str, Any]

_GRAVEST = (Outcome.FAILED, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.WARNED)
_AROUND = re.compile(r"^(chaoslib\.exceptions\.\w+: )?(seatrial\.core\.errors\.\w+: )?")
SECTION = "seatrial"
"""The key of our own section in chaostoolkit's journal."""


@dataclass(frozen=True)
class Ruling:
    """What an experiment came to.

    Attributes:
        reasons: the gravest first; never empty.
    """

    outcome: Outcome
    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """All of it in one line."""
        return "; ".join(self.reasons)


def judge(journal: Mapping[str, Any], extension: Extension) -> Ruling:
    """What the experiment in *journal* came to.

    Args:
        journal: chaostoolkit's, with the section that our control adds.
        extension: what the experiment says to seatrial.
    """
    return ruling_of(list(_findings(journal, extension)), _praise(journal))


def ruling_of(found: list[Found], praise: str = "") -> Ruling:
    """Findings as one ruling; *praise* where there are none."""
    if not found:
        return Ruling(Outcome.PASSED, (praise,))
    reasons = [text for wanted in _GRAVEST for outcome, text in found if outcome is wanted]
    return Ruling(aggregate(outcome for outcome, _ in found), tuple(dict.fromkeys(reasons)))


def _findings(journal: Mapping[str, Any], extension: Extension) -> Iterator[Found]:
    own = journal.get(SECTION)
    if not isinstance(own, dict):
        yield Outcome.ERROR, "seatrial's control did not run: its section is missing from the journal"
        own = {}
    yield from _of_its_end(journal, own)
    before = (journal.get("steady_states") or {}).get("before")
    yield from _of_before(journal, before)
    if before and before.get("steady_state_met"):
        yield from _of_method(journal)
        yield from _of_witness(journal, own, extension)
        yield from _of_after(journal)
    yield from _of_rollbacks(journal, own)


def _of_its_end(journal: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[Found]:
    if (journal.get("experiment") or {}).get("dry"):
        yield Outcome.INCONCLUSIVE, "it was run dry: nothing was done and nothing looked at"
    for trouble in own.get("troubles") or ():
        yield Outcome.ERROR, str(trouble)
    status = own.get("status") or journal.get("status")
    if own.get("stopped"):
        yield Outcome.FAILED, f"a stop condition ended it: {own['stopped']}"
    elif status == "interrupted":
        yield Outcome.ERROR, "it was interrupted before its end"
    elif status == "aborted":
        yield Outcome.ERROR, "chaostoolkit aborted it after an error of its own; its log tells which"
    elif status not in ("completed", "failed"):
        yield Outcome.ERROR, f"its status is {status!r}, which is no end of an experiment"


def _of_before(journal: Mapping[str, Any], state: Any) -> Iterator[Found]:
    hypothesis = (journal.get("experiment") or {}).get("steady-state-hypothesis") or {}
    if not hypothesis.get("probes"):
        yield Outcome.INCONCLUSIVE, "nothing says what the steady state is: its hypothesis has no probes"
    elif not state or state.get("steady_state_met") is None:
        yield Outcome.INCONCLUSIVE, "the steady state was not looked at before the fault"
    elif not state["steady_state_met"]:
        yield Outcome.INCONCLUSIVE, f"the steady state did not hold before the fault: {_last(state)}"
    elif len(state.get("probes") or ()) < len(hypothesis["probes"]):
        yield Outcome.INCONCLUSIVE, "not every probe of the steady state was looked at before the fault"


def _of_method(journal: Mapping[str, Any]) -> Iterator[Found]:
    declared = (journal.get("experiment") or {}).get("method") or []
    runs = journal.get("run") or []
    if not any(_kind(run) == "action" for run in runs):
        yield Outcome.INCONCLUSIVE, "nothing was injected: its method took no action"
    if len(runs) < len(declared):
        text = f"{len(declared) - len(runs)} of {len(declared)} activities of the method did not run"
        yield Outcome.INCONCLUSIVE, text
    for run in runs:
        yield from _of_action(run, "action") if _kind(run) == "action" else _of_probe(run)


def _of_action(run: Run, what: str) -> Iterator[Found]:
    failure = _failure(run)
    if failure:
        yield Outcome.ERROR, f"the {what} {_name(run)!r} failed: {failure}"


def _failure(run: Run) -> str | None:
    """Why an action did not do what it should, None where it did: chaostoolkit looks at exceptions alone."""
    if run.get("status") != "succeeded":
        return _exception(run) or "it never came to its end"
    output, provider = run.get("output"), (run["activity"].get("provider") or {}).get("type")
    if output is False:
        return "it returned false"
    code = output.get("status") if isinstance(output, dict) else None
    if provider == "process" and code != 0:
        return f"its command ended with exit code {code}"
    if provider == "http" and not (isinstance(code, int) and code < 400):
        return f"it was answered with HTTP status {code}"
    return None


def _of_probe(run: Run) -> Iterator[Found]:
    name = _name(run)
    if run.get("status") != "succeeded":
        yield Outcome.INCONCLUSIVE, f"the probe {name!r} saw nothing: {_exception(run) or 'it never ended'}"
        return
    verdict = run.get("output")
    outcome = _outcome(verdict)
    if outcome is not None:
        if outcome is not Outcome.PASSED:
            yield outcome, f"{name}: {_reason(verdict) or outcome.label}"
    elif "tolerance" in run["activity"]:
        met = run.get("tolerance_met")
        if met is None:
            text = f"the tolerance of {name!r} was never looked at: chaostoolkit knows none in a method"
            yield Outcome.INCONCLUSIVE, text
        elif not met:
            yield Outcome.FAILED, f"{name}: {_shown(verdict)} is beyond its tolerance"


def _of_witness(journal: Mapping[str, Any], own: Mapping[str, Any], extension: Extension) -> Iterator[Found]:
    wanted = extension.witness
    if wanted.probe is not None:
        yield from _of_witness_probe(journal, wanted.probe, wanted.min_hits)
        return
    faults = own.get("faults") or []
    if not faults and any(_kind(run) == "action" for run in journal.get("run") or ()):
        why = "it was not injected by seatrial, and no witness probe is named"
        yield Outcome.INCONCLUSIVE, f"nothing shows that the fault acted: {why}"
    for fault in faults:
        hits, name = fault.get("hits"), f"{fault['name']} on {fault['on']}"
        if hits is None:
            yield Outcome.INCONCLUSIVE, f"nothing counts how often {name} acted: name a witness probe"
        elif hits < wanted.min_hits:
            seen = "never acted" if hits == 0 else f"acted {hits} times, {wanted.min_hits} are wanted"
            yield (
                Outcome.INCONCLUSIVE,
                f"the fault {name} {seen}: no request came its way, or none that it is for",
            )


def _of_witness_probe(journal: Mapping[str, Any], name: str, least: int) -> Iterator[Found]:
    runs = [run for run in journal.get("run") or () if _name(run) == name]
    seen = runs[-1].get("output") if runs and runs[-1].get("status") == "succeeded" else None
    number = seen if isinstance(seen, (int, float)) and not isinstance(seen, bool) else None
    if seen is not True and (number is None or number < least):
        told = f"it gave {_shown(seen)}" if runs else "it did not run"
        yield Outcome.INCONCLUSIVE, f"the witness probe {name!r} does not show that the fault acted: {told}"


def _of_after(journal: Mapping[str, Any]) -> Iterator[Found]:
    states = journal.get("steady_states") or {}
    during = [state for state in states.get("during") or () if state]
    broken = [state for state in during if not state.get("steady_state_met")]
    if broken:
        text = f"the steady state did not hold during the fault ({len(broken)} of {len(during)} looks)"
        yield Outcome.FAILED, f"{text}: {_last(broken[0])}"
    after = states.get("after")
    if not after or after.get("steady_state_met") is None:
        yield Outcome.INCONCLUSIVE, "the steady state was not looked at after the fault"
    elif not after["steady_state_met"]:
        outcome = _unproven(after) or Outcome.FAILED
        yield outcome, f"the steady state does not hold after the fault: {_last(after)}"
    elif journal.get("deviated"):
        yield Outcome.FAILED, "chaostoolkit tells that the steady state has deviated"


def _unproven(state: Mapping[str, Any]) -> Outcome | None:
    """A verdict of ours that is no FAILED: it could not be decided after the fault."""
    outcome = _outcome((state.get("probes") or [{}])[-1].get("output"))
    return outcome if outcome not in (None, Outcome.FAILED, Outcome.PASSED) else None


def _of_rollbacks(journal: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[Found]:
    declared = (journal.get("experiment") or {}).get("rollbacks") or []
    runs = journal.get("rollbacks") or []
    for run in runs:
        yield from _of_action(run, "rollback")
    if len(runs) < len(declared):
        text = f"{len(declared) - len(runs)} of {len(declared)} rollbacks were not played"
        yield Outcome.ERROR, f"{text}: run it with --rollback-strategy always"
    for fault in own.get("faults") or ():
        if not fault.get("reverted"):
            text = f"the fault {fault['name']} on {fault['on']} was not taken back by the experiment"
            yield Outcome.ERROR, f"{text}: a rollback is missing"


def _praise(journal: Mapping[str, Any]) -> str:
    own = journal.get(SECTION) or {}
    faults = [f"{fault['name']} on {fault['on']} ({_seen(fault)})" for fault in own.get("faults") or ()]
    told = f" under {', '.join(faults)}" if faults else ""
    return f"steady before and after{told}"


def _seen(fault: Mapping[str, Any]) -> str:
    """What the witness saw; a weak one, of a server that is not ours, has only seen bytes."""
    return "bytes passed it" if fault.get("weak") else f"{fault['hits']} hits"


def _kind(run: Run) -> str:
    return str((run.get("activity") or {}).get("type"))


def _name(run: Run) -> str:
    return str((run.get("activity") or {}).get("name"))


def _outcome(output: Any) -> Outcome | None:
    """The outcome of a verdict of ours, None for any other output."""
    said = output.get("outcome") if isinstance(output, dict) else None
    return Outcome(said) if isinstance(said, str) and said in set(Outcome) else None


def _reason(output: Any) -> str | None:
    return str(output.get("reason") or "") if _outcome(output) is not None else None


def _last(state: Mapping[str, Any]) -> str:
    """What the last probe that was looked at has seen."""
    probes = state.get("probes") or []
    if not probes:
        return "no probe was looked at"
    probe = probes[-1]
    if probe.get("status") != "succeeded":
        return f"the probe {_name(probe)!r} saw nothing: {_exception(probe) or 'it never ended'}"
    output = probe.get("output")
    return f"{_name(probe)}: {_reason(output) or _shown(output)}"


def _exception(run: Run) -> str:
    """An exception in one line, without the classes that chaoslib and we have put around it."""
    parts = [str(part).strip() for part in run.get("exception") or ()]
    last = next((part for part in reversed(parts) if part), "")
    text = "; ".join(line.strip() for line in last.splitlines() if line.strip())
    return _AROUND.sub("", text)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
