"""Two runs side by side: no worse, worse, not shown; and nothing passes by absence."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seatrial.core.errors import UsageError
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.load.comparison.compare import Comparison, compare
from seatrial.load.comparison.compared import Compared
from seatrial.load.comparison.figures import Margins
from tests.load.comparison.journals import AVAILABLE, IN_TIME, Made, failures, times

BASE = Made("base", times(1))


def compared(tmp_path: Path, candidate: Made, baseline: Made = BASE, **how: Any) -> Comparison:
    return compare(baseline.write(tmp_path / "one"), candidate.write(tmp_path / "two"), **how)


def lines(found: Comparison) -> dict[str, Compared]:
    return {line.name: line for line in found.lines}


def test_the_same_system_twice_is_no_worse(tmp_path: Path) -> None:
    found = compared(tmp_path, Made("again", times(2)))
    assert found.outcome is Outcome.PASSED, found.reasons
    assert list(lines(found)) == [
        "availability",
        "latency",
        "steady: median latency",
        "steady: median first chunk",
        "steady: 95th percentile of latency",
        "steady: tokens of a request",
    ]
    assert lines(found)["availability"].pairs == 2000
    assert found.reasons == ()
    assert json.dumps(found.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("candidate", "worse"),
    [
        (
            Made("c", times(2), failures(3, 0.1)),
            {"availability", "latency", "steady: 95th percentile of latency"},
        ),
        (
            Made("c", times(2, scale=1.5)),
            {
                "latency",
                "steady: median latency",
                "steady: median first chunk",
                "steady: 95th percentile of latency",
            },
        ),
        (Made("c", times(2), tokens=(20, 80)), {"steady: tokens of a request"}),
    ],
    ids=["fails", "slower", "longer"],
)
def test_what_is_worse_is_told(tmp_path: Path, candidate: Made, worse: set[str]) -> None:
    found = compared(tmp_path, candidate)
    assert found.outcome is Outcome.FAILED
    failed = {name for name, line in lines(found).items() if line.outcome is Outcome.FAILED}
    assert failed == worse


def test_margins_are_the_user_s(tmp_path: Path) -> None:
    candidate = Made("c", times(2, scale=1.3), failures(3, 0.03), tokens=(20, 60))
    assert compared(tmp_path, candidate).outcome is Outcome.FAILED
    wide = Margins(0.25, 0.5, 0.5)
    assert compared(tmp_path, candidate, margins=wide).outcome is Outcome.PASSED


def test_a_faster_and_cheaper_candidate_is_better(tmp_path: Path) -> None:
    found = compared(tmp_path, Made("c", times(2, scale=0.5), tokens=(20, 10)))
    assert found.outcome is Outcome.PASSED
    better = {name for name, line in lines(found).items() if line.reason.startswith("better")}
    assert {"steady: median latency", "steady: tokens of a request"} <= better


def test_money_is_compared_by_the_prices_of_each_side(tmp_path: Path) -> None:
    dear, cheap = {"input": "1 USD", "output": "2 USD"}, {"input": "1 USD", "output": "1 USD"}
    found = compared(tmp_path, Made("c", times(2), prices=cheap), replace(BASE, prices=dear))
    line = lines(found)["steady: cost of a request"]
    assert (line.unit, line.outcome) == ("USD", Outcome.PASSED)
    assert line.baseline == pytest.approx(100e-6)
    assert line.change == pytest.approx(-0.4)


def test_pairs_say_more_than_two_samples(tmp_path: Path) -> None:
    candidate = Made("c", times(2, scale=1.02))
    paired = lines(compared(tmp_path, candidate))["steady: median latency"]
    apart = lines(compared(tmp_path, replace(candidate, prompts=None)))["steady: median latency"]
    assert (paired.pairs, apart.pairs) == (2000, None)
    widths = [line.upper - line.lower for line in (paired, apart)]  # type: ignore[operator]
    assert widths[0] < widths[1] / 3
    assert paired.change == pytest.approx(0.02, abs=0.01)


@pytest.mark.parametrize(
    "changed",
    [
        {"prompts_digest": "sha256:others"},
        {"prompts_digest": None},
        {"trace": {"asked": "sha256:of this seed"}},
    ],
)
def test_other_prompts_are_never_paired(tmp_path: Path, changed: dict[str, Any]) -> None:
    found = compared(tmp_path, replace(Made("c", times(2)), **changed))
    assert {line.pairs for line in found.lines} == {None}


def test_runs_of_different_lengths_pair_what_both_asked(tmp_path: Path) -> None:
    found = compared(tmp_path, Made("c", times(2, 700)))
    assert lines(found)["availability"].pairs == 700
    assert lines(found)["availability"].n == (700, 700)


def test_few_requests_prove_nothing(tmp_path: Path) -> None:
    found = compared(tmp_path, Made("c", times(2, 40)))
    assert found.outcome is Outcome.INCONCLUSIVE


def test_bursts_weigh_less(tmp_path: Path) -> None:
    n = 2000
    bursts = [at % 400 < 12 for at in range(n)]
    spread = list(np.random.default_rng(1).permutation(bursts).tolist())
    widths = []
    for failed in (spread, bursts):
        line = lines(compared(tmp_path, Made("c", times(2), failed)))["availability"]
        assert line.upper is not None
        widths.append(line.upper - (line.change or 0.0))
    assert widths[1] > 1.5 * widths[0]


# ---- nothing passes by absence


def test_an_objective_that_only_one_side_judged(tmp_path: Path) -> None:
    found = compared(tmp_path, Made("c", times(2)), replace(BASE, objectives=[AVAILABLE]))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "the baseline never judged it" in found.reasons[0]
    back = compared(tmp_path, Made("c", times(2), objectives=[AVAILABLE]))
    assert "the candidate never judged it" in back.reasons[0]


def test_an_objective_that_changed(tmp_path: Path) -> None:
    looser = replace(IN_TIME, value="2s")
    found = compared(tmp_path, Made("c", times(2), objectives=[AVAILABLE, looser]))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "its value changed" in found.reasons[0]


def test_a_run_that_did_not_finish(tmp_path: Path) -> None:
    assert compared(tmp_path, Made("c", times(2), finished=False)).outcome is Outcome.INCONCLUSIVE
    found = compared(tmp_path, Made("c", times(2)), replace(BASE, finished=False))
    assert "the baseline base did not finish" in found.reasons[0]


def test_a_baseline_that_was_rejected(tmp_path: Path) -> None:
    rejected = replace(BASE, outcome=Outcome.FAILED)
    found = compared(tmp_path, Made("c", times(2)), rejected)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "shows nothing" in found.reasons[0]
    assert compared(tmp_path, Made("c", times(2)), rejected, any_baseline=True).outcome is Outcome.PASSED


def test_nothing_in_common(tmp_path: Path) -> None:
    empty = Made("c", [], objectives=[])
    found = compared(tmp_path, empty, Made("base", [], objectives=[]))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "nothing in common" in found.reasons[-1]


def test_another_policy_is_refused_or_told(tmp_path: Path) -> None:
    other = Made("c", times(2), digest="sha256:other")
    with pytest.raises(UsageError, match="different policies"):
        compared(tmp_path, other)
    found = compared(tmp_path, other, any_policy=True)
    assert found.outcome is Outcome.PASSED
    assert "two policies differ" in found.notices[0]


def test_a_run_with_itself(tmp_path: Path) -> None:
    folder = BASE.write(tmp_path / "one")
    with pytest.raises(UsageError, match="compared with itself"):
        compare(folder, folder)
    with pytest.raises(UsageError, match="compared with itself"):
        compare(folder, BASE.write(tmp_path / "copy"))


def test_no_run_at_all(tmp_path: Path) -> None:
    folder = BASE.write(tmp_path / "one")
    with pytest.raises(UsageError, match="cannot be read"):
        compare(tmp_path / "missing", folder)
    (tmp_path / "x.ndjson").write_text('{"event":"journal","schema":"seatrial.journal/1","t":0}\n')
    with pytest.raises(UsageError, match="no run under a policy"):
        compare(folder, tmp_path / "x.ndjson")


def test_an_objective_of_a_plugin_is_compared_by_its_counts(tmp_path: Path) -> None:
    def renamed(made: Made, folder: Path) -> Path:
        file = made.write(folder) / "journal.ndjson"
        file.write_text(file.read_text().replace('"indicator": "availability"', '"indicator": "polite"'))
        return folder

    candidate = Made("c", times(2), failures(3, 0.2))
    found = compare(renamed(BASE, tmp_path / "one"), renamed(candidate, tmp_path / "two"))
    line = lines(found)["availability"]
    assert (line.pairs, line.outcome) == (None, Outcome.FAILED)


def test_a_baseline_that_hardly_answers(tmp_path: Path) -> None:
    found = compared(tmp_path, Made("c", times(2)), replace(BASE, failed=failures(1, 0.7)))
    assert lines(found)["steady: median latency"].outcome is Outcome.INCONCLUSIVE


def test_a_passing_verdict_is_rare_at_the_margin(tmp_path: Path) -> None:
    only = [Objective(indicator="availability", target="50%", traffic="steady")]
    passed = 0
    for seed in range(40):
        baseline = Made("base", times(1, 600), failures(2 * seed, 0.05, 600), objectives=only)
        candidate = Made("c", times(2, 600), failures(2 * seed + 1, 0.06, 600), objectives=only)
        line = lines(compared(tmp_path, candidate, baseline))["availability"]
        passed += line.outcome is Outcome.PASSED
    assert passed <= 6  # 5 % nominal
