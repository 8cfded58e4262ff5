from __future__ import annotations

from suites.contract.rest import answer_problems, error_problems


def test_an_answer_is_some_json() -> None:
    assert answer_problems({"label": 3}) == []
    assert answer_problems([1, 2]) == []
    assert answer_problems(None)
    assert answer_problems("text")


def test_an_error_is_an_object_that_says_something() -> None:
    assert error_problems({"error": "no such model"}) == []
    assert error_problems({"errors": [{"detail": {"msg": "missing"}}]}) == []
    assert error_problems({})
    assert error_problems({"error": {"code": 4}})
    assert error_problems("no")
