"""What may be asked of a target under a fault: how it is written."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from seatrial.policy.aspects import ANSWERS, CLIENT_BEHAVIOUR, NUMBERS, AnswerAspect, Aspect, Behaviour

BEHAVIOUR: TypeAdapter[Aspect] = TypeAdapter(Behaviour)
ANSWER: TypeAdapter[Aspect] = TypeAdapter(AnswerAspect)


@pytest.mark.parametrize("name", CLIENT_BEHAVIOUR)
def test_a_bare_name_is_enough(name: str) -> None:
    aspect = BEHAVIOUR.validate_python(name)
    assert aspect.aspect == name
    assert BEHAVIOUR.dump_python(aspect, mode="json") == name


def test_a_name_may_carry_its_limits() -> None:
    aspect = BEHAVIOUR.validate_python({"amplification": {"at_most": 2}})
    assert (aspect.aspect, aspect.at_most) == ("amplification", 2)
    written = BEHAVIOUR.dump_python(aspect, mode="json")
    assert written == {"amplification": {"at_most": 2}}
    assert BEHAVIOUR.validate_python(written) == aspect
    assert BEHAVIOUR.validate_python(aspect) is aspect
    assert BEHAVIOUR.validate_python({"backoff-grows": None}).aspect == "backoff-grows"


def test_a_duration_is_written_as_people_do() -> None:
    aspect = BEHAVIOUR.validate_python({"breaker-closes": {"within": "10s"}})
    assert aspect.within == 10
    assert BEHAVIOUR.dump_python(aspect, mode="json") == {"breaker-closes": {"within": "10s"}}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("retry-after-honored", "did you mean 'retry-after-honoured'"),
        ("errors-typed", "is not known here"),
        ({"amplification": {"at_mots": 2}}, "takes no 'at_mots', did you mean 'at_most'"),
        ({"amplification": 2}, "takes its limits by name"),
        ({"backoff-grows": {"at_most": 2}}, "takes no 'at_most'"),
        ({"amplification": {"at_most": 0}}, "greater than 0"),
        ({"a": {}, "b": {}}, "a name is expected"),
        (7, "a name is expected"),
    ],
)
def test_what_is_refused(value: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        BEHAVIOUR.validate_python(value)


def test_answers_are_a_list_of_their_own() -> None:
    assert ANSWER.validate_python("errors-typed").aspect == "errors-typed"
    with pytest.raises(ValidationError, match="is not known here"):
        ANSWER.validate_python("backoff-grows")


def test_every_limit_is_a_field() -> None:
    takes = {key for known in (CLIENT_BEHAVIOUR, ANSWERS) for keys in known.values() for key in keys}
    assert takes <= set(NUMBERS) == set(Aspect.model_fields) - {"aspect"}
