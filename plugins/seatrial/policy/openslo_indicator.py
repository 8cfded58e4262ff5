"""OpenSLO's way to write an indicator: ``ratioMetric`` good/total, or ``thresholdMetric``."""

from __future__ import annotations

from typing import Any

from seatrial.core.indicator import INDICATORS, find
from seatrial.policy.fields import wrong
from seatrial.policy.problems import listed

_RATIOS = {
    ("requests.complete", "requests.all"): "availability",
    ("answers.complete", "answers.begun"): "complete_answers",
}
"""Indicators that are good/total, by the names of the two counters."""

_HINT = "name an indicator, or give spec.thresholdMetric or spec.ratioMetric with good and total"


def counters(indicator: str) -> tuple[str, str]:
    """The names of a share's two counters, good and total."""
    known = {name: pair for pair, name in _RATIOS.items()}
    return known.get(indicator, (f"{indicator}.good", f"{indicator}.total"))


def indicator_name(value: Any) -> Any:
    """The name behind an indicator in any of its forms; text and what is no indicator stay unchanged.

    Raises:
        PydanticCustomError: an OpenSLO indicator that cannot be measured here.
    """
    if not isinstance(value, dict):
        return value
    spec = value.get("spec", value)
    if not isinstance(spec, dict) or not set(value) <= {"metadata", "spec", "ratioMetric", "thresholdMetric"}:
        raise wrong("this is no OpenSLO indicator", _HINT)
    if ("ratioMetric" in spec) == ("thresholdMetric" in spec):
        raise wrong("an indicator has either a ratioMetric or a thresholdMetric", _HINT)
    if "thresholdMetric" in spec:
        return _metric(spec["thresholdMetric"], "thresholdMetric")
    return _ratio(spec["ratioMetric"])


def _ratio(ratio: Any) -> str:
    if not isinstance(ratio, dict) or "good" not in ratio or "total" not in ratio:
        raise wrong("a ratioMetric has good and total", "OpenSLO's bad and raw cannot be measured here")
    good, total = _metric(ratio["good"], "good"), _metric(ratio["total"], "total")
    if (good, total) in _RATIOS:
        return _RATIOS[good, total]
    stem = good.removesuffix(".good")
    if good.endswith(".good") and total == f"{stem}.total" and find(stem):
        return stem
    if good == total and find(good):
        return good
    known = [" / ".join(pair) for pair in _RATIOS]
    raise wrong(f"no indicator counts {good} of {total}", f"known: {', '.join(known)}; or name an indicator")


def _metric(metric: Any, what: str) -> str:
    """``{spec: {metric: NAME}}``, or OpenSLO's ``{metricSource: {type: seatrial, spec: {metric: NAME}}}``."""
    if isinstance(metric, dict):
        source = metric.get("metricSource", metric)
        if isinstance(source, dict) and source.get("type", "seatrial") != "seatrial":
            raise wrong(
                f"the {what} is read from {source['type']!r}; only what seatrial itself measures is judged",
                f"write type: seatrial, spec: {{metric: NAME}}, with one of {listed(INDICATORS)}",
            )
        spec = source.get("spec") if isinstance(source, dict) else None
        name = spec.get("metric") if isinstance(spec, dict) else None
        if isinstance(name, str):
            return name
    raise wrong(f"the {what} names no metric", "write {spec: {metric: NAME}}")
