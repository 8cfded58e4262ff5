from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from seatrial.pytest.outcomes import NOT_PROVEN

MIXED = """
    from seatrial.pytest import inconclusive, not_applicable

    def test_open():
        inconclusive("too few of them")

    def test_elsewhere():
        not_applicable("it keeps no state")

    def test_fine():
        pass
"""


def test_inconclusive_is_an_outcome_of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MIXED)
    result = pytester.runpytest_subprocess("-v")
    assert result.ret == NOT_PROVEN
    result.stdout.fnmatch_lines(
        [
            "*::test_open INCONCLUSIVE*",
            "*::test_elsewhere NOT APPLICABLE*",
            "*::test_fine PASSED*",
            "*= not proven =*",
            "[?] *::test_open: too few of them",
            "*1 passed, 1 inconclusive, 1 not applicable*",
        ]
    )


def test_a_failure_beside_it_is_graver(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MIXED + "\n    def test_bad():\n        assert False\n")
    assert pytester.runpytest_subprocess().ret == pytest.ExitCode.TESTS_FAILED


def test_pytests_own_junit_tells_it_apart(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MIXED)
    pytester.runpytest_subprocess("--junitxml=j.xml")
    cases = {case.get("name"): case for case in ET.parse(pytester.path / "j.xml").iter("testcase")}
    error = cases["test_open"].find("error")
    assert error is not None
    assert "INCONCLUSIVE: too few of them" in str(error.get("message"))
    assert cases["test_open"].find("failure") is None
    assert cases["test_elsewhere"].find("skipped") is not None


def test_passing_without_a_request_proves_nothing(trial_repo: Any) -> None:
    trial_repo.pytester.makepyfile("def test_idle(trial_target):\n    assert True\n")
    result = trial_repo.run()
    assert result.ret == NOT_PROVEN
    assert next(iter(trial_repo.items().values()))["reason"] == "it passed without having sent a request"


def test_a_skip_is_not_green(trial_repo: Any) -> None:
    trial_repo.pytester.makepyfile(
        "import pytest\ndef test_it(trial_target):\n    pytest.skip('not today')\n"
    )
    trial_repo.run()
    item = next(iter(trial_repo.items().values()))
    assert (item["outcome"], item["reason"]) == ("INCONCLUSIVE", "skipped: not today")
    assert trial_repo.last("finish")["exit_code"] == 2


def test_a_test_that_breaks_is_harness_trouble(trial_repo: Any) -> None:
    trial_repo.pytester.makepyfile("def test_it(trial_target):\n    trial_target.send('Hi')\n    {}['x']\n")
    trial_repo.run()
    item = next(iter(trial_repo.items().values()))
    assert item["outcome"] == "ERROR"
    assert "KeyError" in item["reason"]
    assert trial_repo.last("finish")["exit_code"] == 4


def test_an_undecided_verdict_in_a_users_assert_is_inconclusive(trial_repo: Any) -> None:
    trial_repo.pytester.makepyfile(
        """
        from seatrial import Objective

        def test_very_available(traffic):
            assert Objective(indicator="availability", target="99.99%").judge(traffic("steady"))
        """
    )
    result = trial_repo.run()
    assert result.ret == NOT_PROVEN
    item = next(iter(trial_repo.items().values()))
    assert item["outcome"] == "INCONCLUSIVE"
    assert "more are needed" in item["reason"]


def test_failing_assertions_show_the_exchanges_behind_them(trial_repo: Any) -> None:
    trial_repo.pytester.makepyfile(
        """
        def test_it(trial_target):
            '''It sings.'''
            assert "la la" in trial_target.send("Sing").text, "no song"
        """
    )
    result = trial_repo.run()
    assert result.ret == 1
    item = next(iter(trial_repo.items().values()))
    assert (item["outcome"], item["title"]) == ("FAILED", "It sings")
    assert item["reason"].startswith("no song")
    assert trial_repo.last("exchange")["item"] == item["id"]
