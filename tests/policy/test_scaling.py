"""The step of load, as a policy writes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seatrial.policy.loader import LoadedPolicy

RISK = "  risk: {confidence: 0.95, power: 0.9}\n"
SCALING = """\
  scaling:
    rate: 10/s
    peak: 40/s
    before: 10s
    lasting: 30s
    after: 30s
    recover_within: 15s
    back_within: 25s
    gauge: {metric: gateway_workers}
"""


def test_what_is_written_is_what_is_tried(load: Callable[..., LoadedPolicy]) -> None:
    found = load((RISK, RISK + SCALING)).spec.scaling
    assert found is not None
    assert (found.rate, found.peak, found.recover_within) == (10.0, 40.0, 15.0)
    assert found.gauge is not None
    assert (found.gauge.path, found.gauge.every) == ("/metrics", 1.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("peak: 40/s", "peak: 10/s", "no higher than the load around it"),
        ("recover_within: 15s", "recover_within: 30s", "the peak is over before"),
        ("    gauge: {metric: gateway_workers}\n", "", "cannot be seen without a gauge"),
        ("back_within: 25s", "back_within: 60s", "raise after"),
        ("{metric: gateway_workers}", "{path: metrics, metric: a}", "is no path"),
        ("rate: 10/s", "traffic: night\n    rate: 10/s", "unknown traffic"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    refused: Callable[..., list[str]], old: str, new: str, said: str
) -> None:
    problems = refused((RISK, RISK + SCALING.replace(old, new)))
    assert any(said in problem and "policy.yaml:" in problem for problem in problems), problems
