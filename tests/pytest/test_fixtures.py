from __future__ import annotations

from typing import Any

import pytest


def test_fixtures_and_markers_are_documented(pytester: pytest.Pytester) -> None:
    fixtures = pytester.runpytest_subprocess("--fixtures")
    for name in ("trial", "trial_target", "traffic", "objective", "trial_objective"):
        fixtures.stdout.re_match_lines([rf"{name}( \[session scope\])? -- .*fixtures.py:\d+"])
    assert "no docstring available" not in "".join(line for line in fixtures.outlines if "seatrial" in line)
    pytester.runpytest_subprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.trial(title): *"])


def test_a_users_own_test_judges_and_sends(trial_repo: Any) -> None:
    trial_repo.pytester.makepyfile(
        """
        import pytest
        from seatrial import Objective

        def test_answers_in_time(traffic):
            in_time = Objective(indicator="operation.duration", op="lte", value="2s", target="95%")
            assert in_time.judge(traffic("steady"))

        def test_of_the_policy(objective, traffic):
            assert objective("availability").judge(traffic("steady"))

        @pytest.mark.trial(title="It greets")
        def test_greets(trial_target):
            assert trial_target.send("Say hello", max_tokens=20).text
        """
    )
    result = trial_repo.run()
    assert result.ret == 0
    result.assert_outcomes(passed=3)
    assert [item["title"] for item in trial_repo.items().values()][-1] == "It greets"
    assert {item["suite"] for item in trial_repo.items().values()} == {"own"}


@pytest.mark.parametrize("test", ["traffic('stead')", "objective('speed')"])
def test_an_unknown_name_is_told(trial_repo: Any, test: str) -> None:
    trial_repo.pytester.makepyfile(f"def test_it(traffic, objective):\n    {test}\n")
    trial_repo.run()
    item = next(iter(trial_repo.items().values()))
    assert item["outcome"] == "ERROR"
    assert "the policy has no" in item["reason"]


def test_without_a_policy_the_fixtures_say_what_to_do(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(traffic):\n    traffic('steady')\n")
    result = pytester.runpytest_subprocess()
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*run pytest with --trial-policy FILE*"])


def test_a_retry_continues_the_same_evidence(trial_repo: Any) -> None:
    trial_repo.pytester.makepyfile(
        """
        from seatrial import Objective

        def test_again_and_again(traffic):
            strict = Objective(indicator="availability", target="99.9%")
            verdicts = [strict.judge(traffic("steady")) for _ in range(3)]
            assert len({verdict.n for verdict in verdicts}) == 1
            assert verdicts[0].n == 3000
        """
    )
    assert trial_repo.run().ret == 0
