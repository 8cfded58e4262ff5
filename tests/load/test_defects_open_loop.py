"""What closed loops hide, an open one shows: freezes, and a queue without bound."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from seatrial.core.outcome import Outcome
from seatrial.core.verdict import Verdict
from seatrial.load.configs import targets
from seatrial.load.from_policy import traffic
from seatrial.policy.loader import load_policy
from seatrial.systems.reference.defects import DEFECTS
from tests.suites.gateways import gateway

POLICY = """
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: open-loop}}
spec:
  targets: [{{name: bot, uri: "{uri}", model: small}}]
  traffic:
    - {{name: closed, concurrency: 2, stream: true, budget: {{duration: 8s}}}}
    - {{name: open, stream: true, arrivals: {{kind: poisson, rate: {rate}/s}}, duration: 10s}}
  risk: {{dependence: independent, min_duration: {least}, segments: 1}}
  objectives:
    - name: latency-p95
      traffic: {traffic}
      indicator: operation.duration
      op: lte
      value: 400ms
      target: 95%
"""


def judged(folder: Path, name: str, *defects: str, rate: int = 60, least: str = "4500ms") -> Verdict:
    """The verdict on `latency-p95` of one of the two traffics."""
    with gateway(*defects) as uri:
        (folder / "policy.yaml").write_text(POLICY.format(uri=uri, traffic=name, rate=rate, least=least))
        loaded = load_policy(folder / "policy.yaml")
        with closing(traffic(loaded, name, targets(loaded), seed=1, record=lambda *e, **k: None)) as sent:
            return loaded.objective("latency-p95").judge(sent)


def test_a_closed_loop_does_not_notice_freezes(tmp_path: Path) -> None:
    """Two requests of hundreds meet each freeze: the others were never sent."""
    found = judged(tmp_path, "closed", "freezes")
    assert found.outcome is Outcome.PASSED, found


@pytest.mark.parametrize(("defect", "rate"), [("freezes", 60), ("unbounded-queue", 240)])
def test_an_open_loop_does(defect: str, rate: int, tmp_path: Path) -> None:
    found = judged(tmp_path, "open", defect, rate=rate)
    assert found.outcome is Outcome.FAILED, found
    assert DEFECTS[defect].caught == ("latency-p95",)


def test_a_healthy_system_passes(tmp_path: Path) -> None:
    found = judged(tmp_path, "open", least="1s")
    assert found.outcome in (Outcome.PASSED, Outcome.INCONCLUSIVE), (
        found
    )  # where the generator itself was late
