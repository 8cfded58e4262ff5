"""Objectives of a policy written as OpenSLO v1 documents."""

from __future__ import annotations

from typing import Any

import yaml

from seatrial.core.units import spell_duration
from seatrial.policy.loader import LoadedPolicy
from seatrial.policy.objective import ObjectiveSpec
from seatrial.policy.openslo import VERSION
from seatrial.policy.openslo_indicator import counters


def export(loaded: LoadedPolicy) -> str:
    """The objectives of a policy as OpenSLO documents, one SLO each.

    A zero-tolerance objective (100 %) is left out, as a comment says: OpenSLO has no such target. The time
    window, which OpenSLO asks for and a trial has none of, is the validity of the certificate.
    """
    parts = []
    for objective in loaded.spec.objectives:
        if objective.bar.target >= 1:
            parts.append(f"# {objective.name} is left out: OpenSLO has no target of 100 %\n")
            continue
        slo = _slo(loaded, objective)
        parts.append(yaml.safe_dump(slo, sort_keys=False, allow_unicode=True, default_flow_style=False))
    return "---\n".join(parts)


def _slo(loaded: LoadedPolicy, objective: ObjectiveSpec) -> dict[str, Any]:
    bar, sli = objective.bar, objective.sli
    limit: dict[str, Any] = {"displayName": objective.name, "target": bar.target}
    if bar.value is not None:
        limit = {"displayName": objective.name, "op": bar.op, "value": bar.value.value, "target": bar.target}
    spec = {
        "description": objective.description or sli.summary,
        "service": loaded.spec.service or loaded.name,
        "indicator": {"metadata": {"name": sli.name}, "spec": _sli(objective)},
        "timeWindow": [{"duration": spell_duration(loaded.spec.validity.expires), "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [limit],
    }
    return {"apiVersion": VERSION, "kind": "SLO", "metadata": {"name": objective.name}, "spec": spec}


def _sli(objective: ObjectiveSpec) -> dict[str, Any]:
    sli = objective.sli
    if sli.dimension == "share":
        good, total = counters(sli.name)
        return {"ratioMetric": {"counter": True, "good": _source(good), "total": _source(total)}}
    unit = {"unit": "s"} if sli.dimension == "duration" else {}
    return {"thresholdMetric": _source(sli.name, **unit)}


def _source(metric: str, **more: str) -> dict[str, Any]:
    return {"metricSource": {"type": "seatrial", "spec": {"metric": metric, **more}}}
