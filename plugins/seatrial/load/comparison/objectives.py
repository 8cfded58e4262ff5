"""Objective by objective: is the candidate's share of bad requests higher by more than a margin?

Paired where the prompts pair up, since what a prompt does to both sides cancels then; else two samples.
Newcombe's intervals either way, both counts divided by the larger design effect of the two runs, which for
pairs is never less than the one that their differences show. Both runs stopped when their own verdicts were
decided, and not when this comparison was: it takes them as they are.
"""

from __future__ import annotations

import numpy as np

from seatrial.core.evidence.dependence import estimate_deff
from seatrial.core.evidence.difference import Sample, difference, paired_difference
from seatrial.core.journal import Event
from seatrial.core.outcome import Outcome
from seatrial.load.comparison.compared import Compared, ruled
from seatrial.load.comparison.pairs import pairs
from seatrial.load.comparison.side import Side

_TAKEN = ("indicator", "op", "value", "target", "traffic")
PAIRED = "difference of two shares of pairs (Newcombe's hybrid score interval)"
UNPAIRED = "difference of two shares (Newcombe's hybrid score interval)"


def objectives(one: Side, other: Side, margin: float) -> list[Compared]:
    """Every objective of either run, the baseline's first.

    Args:
        one, other: baseline and candidate.
        margin: by so much the candidate's share of bad requests may be higher, 0…1.
    """
    names = dict.fromkeys([*one.verdicts, *other.verdicts])
    return [_objective(one, other, name, margin) for name in names]


def _objective(one: Side, other: Side, name: str, margin: float) -> Compared:
    told = (other.verdicts.get(name) or one.verdicts[name])[0]
    about, key = str(told.get("criterion") or ""), bool(told.get("key_sli", True))
    missing = [side for side, run in (("baseline", one), ("candidate", other)) if name not in run.verdicts]
    if missing:
        why = f"the {missing[0]} never judged it: there is nothing to compare with"
        return Compared(name, about, "share", Outcome.INCONCLUSIVE, why, margin, key=key)
    differs = _differs(one.verdicts[name][0], other.verdicts[name][0])
    if differs:
        why = f"it is not the same objective: its {differs} changed"
        return Compared(name, about, "share", Outcome.INCONCLUSIVE, why, margin, key=key)
    return _paired(one, other, name, margin, about, key=key) or _apart(
        one, other, name, margin, about, key=key
    )


def _differs(one: Event, other: Event) -> str | None:
    changed = [field for field in _TAKEN if one.get(field) != other.get(field)]
    return ", ".join(changed) or None


def _paired(one: Side, other: Side, name: str, margin: float, about: str, *, key: bool) -> Compared | None:
    mine, theirs = one.bad(name), other.bad(name)
    traffic = str(one.verdicts[name][0].get("traffic"))
    places = pairs(one.traffics.get(traffic), other.traffics.get(traffic))
    if mine is None or theirs is None or places is None:
        return None
    counts = mine[1][places[0]] & theirs[1][places[1]]
    first, second = mine[0][places[0]][counts], theirs[0][places[1]][counts]
    if not counts.any():
        return None
    deff = max(_deff(one, other, name), estimate_deff(second.astype(float) - first.astype(float)))
    told = paired_difference(
        int(np.sum(first & second)),
        int(np.sum(first & ~second)),
        int(np.sum(~first & second)),
        int(np.sum(~first & ~second)),
        deff=deff,
        **_levels(other, name),
    )
    return _line(
        name,
        about,
        told,
        margin,
        (float(first.mean()), float(second.mean())),
        (len(first), len(second)),
        len(first),
        f"{PAIRED}, design effect {deff:.3g}",
        key=key,
    )


def _apart(one: Side, other: Side, name: str, margin: float, about: str, *, key: bool) -> Compared:
    samples = []
    for side in (one, other):
        verdict, found = side.verdicts[name][1], side.bad(name)
        bad, n = verdict.get("bad"), verdict.get("n") or 0
        if found is not None:
            bad, n = int((found[0] & found[1]).sum()), int(found[1].sum())
        if bad is None or n == 0:
            why = f"nothing that can be compared was measured in {side.run}"
            return Compared(name, about, "share", Outcome.INCONCLUSIVE, why, margin, key=key)
        samples.append(Sample(bad, n, max(1.0, verdict.get("deff") or 1.0)))
    told = difference(samples[0], samples[1], **_levels(other, name))
    return _line(
        name,
        about,
        told,
        margin,
        (samples[0].share, samples[1].share),
        (int(samples[0].n), int(samples[1].n)),
        None,
        UNPAIRED,
        key=key,
    )


def _line(
    name: str,
    about: str,
    told: tuple[float, float, float],
    margin: float,
    shares: tuple[float, float],
    n: tuple[int, int],
    paired: int | None,
    method: str,
    *,
    key: bool,
) -> Compared:
    outcome, reason = ruled(*told, margin, "share")
    return Compared(
        name, about, "share", outcome, reason, margin, "share", *shares, *told, n, paired, method, key
    )


def _deff(one: Side, other: Side, name: str) -> float:
    return max(1.0, *((side.verdicts[name][1].get("deff") or 1.0) for side in (one, other)))


def _levels(side: Side, name: str) -> dict[str, float]:
    verdict = side.verdicts[name][1]
    return {"confidence": verdict.get("confidence") or 0.95, "power": verdict.get("power") or 0.9}
