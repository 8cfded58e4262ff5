"""Somebody else's repository, with seatrial from the wheel and from an editable install."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.systems.runner import System
from tests.repo import PROJECT
from tests.repo.conftest import Environment
from tests.repo.test_docs import blocks

pytestmark = pytest.mark.xdist_group("packaging")

POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {name: foreign}
spec:
  targets:
    - name: bot
      protocol: openai-chat
      uri: "http://127.0.0.1:9/v1"
      model: small
      apiKey: "${env:FOREIGN_KEY}"
  traffic:
    - name: steady
      concurrency: 4
      stream: true
      warmup: 2
      max_tokens: 8
      budget: {requests: 900, duration: 20s}
  risk: {dependence: independent, min_duration: 200ms, segments: 2, pause: 20ms}
  objectives:
    - {name: availability, traffic: steady, indicator: availability, target: 90%}
"""
OWN = """\
from seatrial import Objective


def test_own():
    assert Objective(indicator="availability", target="99%").limit == 0.01


def test_of_the_trial(traffic):
    in_time = Objective(indicator="operation.duration", op="lte", value="2s", target="90%")
    assert in_time.judge(traffic("steady"))
"""


LOST = """\
from seatrial import Objective


def test_it_answers(traffic):
    assert Objective(indicator="availability", target="90%").judge(traffic("steady"))
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with tests that are called like ours, a conftest and options of its own."""
    (tmp_path / "policy.yaml").write_text(POLICY, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers -ra\n", "utf-8")
    (tmp_path / "conftest.py").write_text("pytest_plugins = ['pytester']\n", "utf-8")
    (tmp_path / "suites").mkdir()
    (tmp_path / "suites" / "test_objectives.py").write_text(OWN, "utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def reference() -> object:
    with System("reference") as system:
        yield system


def trial(system: System) -> tuple[list[str], dict[str, str]]:
    words = ["--trial-policy", "policy.yaml", "--trial-target", system.uri, "--trial-out", "out"]
    return words, {"FOREIGN_KEY": system.api_key or ""}


def run(
    installed: Environment, repo: Path, *words: str, env: dict[str, str] | None = None
) -> tuple[int, str]:
    command = ("python", "-m", "pytest", "-p", "no:cacheprovider", *words)
    done = installed.run(*command, cwd=repo, env=env)
    return done.returncode, done.stdout + done.stderr


def test_a_plain_session_runs_the_user_s_own_tests(installed: Environment, repo: Path) -> None:
    code, said = run(installed, repo, "-k", "test_own")
    assert code == 0, said
    assert "1 passed" in said


def test_a_bundled_suite_runs_beside_the_user_s_own_of_the_same_name(
    installed: Environment, repo: Path, reference: System
) -> None:
    words, env = trial(reference)
    code, said = run(installed, repo, *words, "--trial-suite", "sla", "suites", "-v", env=env)
    assert code == 0, said
    assert "3 passed" in said
    assert "seatrial/suites/sla/test_objectives.py::test_objective[availability]" in said
    assert re.search(r"^suites/test_objectives.py::test_own", said, re.MULTILINE)
    assert (repo / "out" / "journal.ndjson").exists()


def test_ids_are_the_same_in_both_installations(
    from_wheel: Environment, from_checkout: Environment, repo: Path
) -> None:
    words = ("--trial-policy", "policy.yaml", "--trial-suite", "contract", "--trial-suite", "identity")
    listed = []
    for installed in (from_wheel, from_checkout):
        env = {"FOREIGN_KEY": "k"}
        code, said = run(
            installed, repo, *words, "--trial-out", installed.kind, "--collect-only", "-q", env=env
        )
        assert code == 0, said
        listed.append([line for line in said.splitlines() if "::" in line])
    assert listed[0] == listed[1]
    assert len(listed[0]) > 20
    assert {line.split("/")[0] for line in listed[0]} == {"seatrial"}


def test_a_bundled_suite_under_xdist(installed: Environment, repo: Path, reference: System) -> None:
    words, env = trial(reference)
    code, said = run(installed, repo, *words, "--trial-suite", "sla", "-n", "2", env=env)
    assert code == 0, said
    assert "1 passed" in said


def test_the_user_s_paths_are_dropped_unless_named(installed: Environment, repo: Path) -> None:
    words = (
        "--trial-policy",
        "policy.yaml",
        "--trial-suite",
        "sla",
        "--trial-out",
        "out",
        "--collect-only",
        "-q",
    )
    _, said = run(installed, repo, *words, env={"FOREIGN_KEY": "k"})
    assert "test_own" not in said
    assert "test_objective[availability]" in said


def test_a_suite_without_a_policy_is_a_usage_error(installed: Environment, repo: Path) -> None:
    code, said = run(installed, repo, "--trial-suite", "sla")
    assert code == 4
    assert "--trial-suite needs --trial-policy" in said


def test_the_plugin_named_twice_is_registered_once(installed: Environment, repo: Path) -> None:
    code, said = run(installed, repo, "-p", "seatrial.pytest.plugin", "-k", "test_own")
    assert code == 0, said


def test_a_feature_can_be_left_out(installed: Environment, repo: Path) -> None:
    code, said = run(installed, repo, "-p", "no:seatrial.pytest.suites", "--trial-suite", "sla")
    assert code == 4
    assert "unrecognized arguments: --trial-suite" in said


def test_options_and_fixtures_are_documented(installed: Environment, repo: Path) -> None:
    _, told = run(installed, repo, "--help")
    for option in ("--trial-policy", "--trial-suite", "--trial-target", "--trial-out", "--trial-seed"):
        assert option in told
    _, fixtures = run(installed, repo, "--fixtures")
    for fixture in ("traffic", "objective", "trial_target"):
        assert re.search(rf"^{fixture}\b.*\n    \S", fixtures, re.MULTILINE), fixture
    _, markers = run(installed, repo, "--markers")
    assert "@pytest.mark.trial" in markers


def test_certify_starts_pytest_without_a_warning(
    installed: Environment, repo: Path, reference: System
) -> None:
    env = {"FOREIGN_KEY": reference.api_key or "", "XDG_CONFIG_HOME": str(repo / "config")}
    done = installed.run(
        "seatrial", "certify", "--policy", "policy.yaml", "--target", reference.uri, "--suite", "sla",
        "--out", "run", cwd=repo, env=env,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    log = (repo / "run" / "pytest.log").read_text("utf-8")
    assert "cannot be rewritten" not in log
    assert "seatrial" not in log.partition("warnings summary")[2].partition("sea trial")[0]


def test_a_verdict_explains_itself_in_a_failing_assert(
    installed: Environment, repo: Path, reference: System
) -> None:
    """The numbers are shown, and not `assert False`, wherever the package was installed."""
    (repo / "test_lost.py").write_text(LOST, "utf-8")
    words, env = trial(reference)
    words[3] += "/nowhere"  # it answers, and not what it is asked
    code, said = run(installed, repo, *words, "test_lost.py", env=env)
    assert code == 1, said
    shown = next(line for line in said.splitlines() if line.startswith("E  "))
    for told in ("FAILED: the limit is broken", "1 bad (", "limit 0.1", "95% confidence", "e-process"):
        assert told in shown


def test_the_example_of_the_readme_is_a_test(from_wheel: Environment, repo: Path, reference: System) -> None:
    (example,) = blocks((PROJECT / "README.md").read_text("utf-8"), "python")
    (repo / "test_bot.py").write_text(example, "utf-8")
    words, env = trial(reference)
    code, said = run(from_wheel, repo, *words, "test_bot.py", env=env)
    assert code == 0, said
    assert f"{example.count('def test_')} passed" in said


TYPED = """\
from seatrial import Exchange, Objective, Outcome, Verdict
from seatrial.pytest import inconclusive


def judged(verdict: Verdict) -> Outcome:
    reveal_type(Objective(indicator="availability", target="99%").share)
    reveal_type(verdict.outcome)
    reveal_type(Exchange(0, 0.0, 0.0, 1.0).duration)
    inconclusive("not today")
"""


def test_types_are_seen_by_mypy(
    installed: Environment, repo: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (repo / "typed.py").write_text(TYPED, "utf-8")
    cache = tmp_path_factory.getbasetemp() / "mypy"  # shared by both installations: numpy is long to read
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), "typed.py"]
    command += ["--python-executable", str(installed.python)]
    done = subprocess.run(command, cwd=repo, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    revealed = [line.partition('Revealed type is "')[2].rstrip('"') for line in done.stdout.splitlines()]
    assert [kind.rpartition(".")[2] for kind in revealed if kind] == ["float", "Outcome", "float"]
