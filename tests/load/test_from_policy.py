"""What a policy names, ready to act: arrivals that were recorded, and arrivals under a fault."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from seatrial.load.configs import targets
from seatrial.load.from_policy import connections_of, open_loop, tenants_of, traffic
from seatrial.load.lag import Lag
from seatrial.load.open_loop import OpenLoop
from seatrial.policy.loader import LoadedPolicy, load_policy

POLICY = """
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {name: x}
spec:
  targets: [{name: bot, uri: "http://127.0.0.1:1/v1", model: small}]
  traffic:
    - {name: calm, concurrency: 3}
    - name: steady
      TRAFFIC
  objectives: [{name: availability, traffic: steady, indicator: availability, target: 90%}]
"""


def load(folder: Path, steady: str) -> LoadedPolicy:
    (folder / "policy.yaml").write_text(POLICY.replace("TRAFFIC", steady))
    (folder / "recorded.csv").write_text("time\n7\n7.5\n9\n")
    return load_policy(folder / "policy.yaml", environ={})


def times(loop: OpenLoop, most: int = 9) -> list[float]:
    """Its next arrivals, *most* at the most."""
    found = [loop.due(1e9) for _ in range(most)]
    return [time for time in found if time is not None]


def test_recorded_arrivals_are_sent(tmp_path: Path) -> None:
    loaded = load(tmp_path, "arrivals: {kind: trace, file: recorded.csv}")
    sent = traffic(loaded, "steady", targets(loaded), seed=1, record=lambda event, **fields: None)
    with closing(sent):
        assert isinstance(sent._arrivals, OpenLoop)
        assert times(sent._arrivals) == [0.0, 0.5, 2.0]


@pytest.mark.parametrize("unending", [False, True])
def test_under_a_fault_the_schedule_ends_and_beside_it_never(tmp_path: Path, unending: bool) -> None:
    loaded = load(tmp_path, "arrivals: {kind: trace, file: recorded.csv}")
    loop = open_loop(loaded, loaded.traffic("steady"), [1], Lag(), unending=unending)
    assert times(loop) == [0.0, 0.5, 2.0] + ([3.0, 3.5, 5.0, 6.0, 6.5, 8.0] if unending else [])


@pytest.mark.parametrize(
    ("arrivals", "most"),
    [
        ("{kind: constant, rate: 1/s}", 9),  # the budget of a scenario says when it is enough
        ("{kind: ramp, start: 1/s, rate: 1/s, process: constant}", 3),
    ],
)
def test_what_has_one_rate_needs_no_end(tmp_path: Path, arrivals: str, most: int) -> None:
    loaded = load(tmp_path, f"arrivals: {arrivals}\n      budget: {{duration: 3.5s}}")
    assert len(times(open_loop(loaded, loaded.traffic("steady"), [1], Lag(), unending=False))) == most


def test_connections_and_tenants(tmp_path: Path) -> None:
    loaded = load(
        tmp_path, "arrivals: {kind: poisson, rate: 1/s}\n      tenants: [{name: a}, {name: b, weight: 2}]"
    )
    calm, steady = loaded.traffic("calm"), loaded.traffic("steady")
    assert (connections_of(calm), connections_of(steady)) == (3, 256)
    tenants = tenants_of(steady)
    assert tenants is not None
    assert (tenants.names, tenants.weights) == (("a", "b"), (1, 2))
    assert tenants_of(calm) is None
