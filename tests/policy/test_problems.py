"""Problems, and the error that holds them all."""

from __future__ import annotations

import pickle

from seatrial.core.errors import UsageError
from seatrial.policy.problems import PolicyError, Problem, did_you_mean, field_text, listed, nearest


def test_a_problem_reads_as_one_line_and_a_hint() -> None:
    problem = Problem("policy.yaml:12", "spec.objectives[1].indicatr", "unknown key", "known: a")
    assert str(problem) == "policy.yaml:12 spec.objectives[1].indicatr: unknown key\n  known: a"
    assert str(Problem("policy.yaml", "", "gone")) == "policy.yaml: gone"


def test_one_problem_is_an_error_of_its_own() -> None:
    error = PolicyError([Problem("p:1", "spec", "wrong", "do it right")])
    assert isinstance(error, UsageError)
    assert (error.what, error.where, error.hint) == ("wrong", "p:1 spec", "do it right")
    assert str(error) == "p:1 spec: wrong\n  do it right"


def test_many_problems_are_all_told() -> None:
    error = PolicyError([Problem(f"p:{line}", "", "wrong") for line in range(40)])
    lines = str(error).splitlines()
    assert lines[0] == "the policy has 40 problems"
    assert lines[1] == "p:0: wrong"
    assert lines[-1] == "… and 10 more"


def test_it_travels_between_processes() -> None:
    error = PolicyError([Problem("p:1", "", "a"), Problem("p:2", "", "b")])
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == error.problems
    assert str(again) == str(error)


def test_lines_sort_as_numbers() -> None:
    problems = [Problem(where, "", "x") for where in ("p.yaml:10", "p.yaml:9", "--target", "p.yaml")]
    told = [problem.where for problem in sorted(problems, key=lambda problem: problem.position)]
    assert told == ["--target", "p.yaml", "p.yaml:9", "p.yaml:10"]


def test_names_and_fields() -> None:
    assert field_text(("spec", "objectives", 1, "value")) == "spec.objectives[1].value"
    assert field_text(()) == ""
    assert nearest("api_key", ["apiKey", "headers"]) == "apiKey"
    assert nearest("zzz", ["apiKey"]) is None
    assert did_you_mean("taget", ["target"]) == ", did you mean 'target'?"
    assert did_you_mean("x", []) == ""
    assert (listed(["a", "b"]), listed([])) == ("a, b", "none")
