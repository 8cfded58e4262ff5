from __future__ import annotations

from seatrial.chaos import answers, behaviour
from seatrial.policy.aspects import ANSWERS, CLIENT_BEHAVIOUR


def test_every_name_of_a_policy_has_its_judge() -> None:
    assert set(behaviour.JUDGES) == set(CLIENT_BEHAVIOUR)
    assert set(answers.JUDGES) == set(ANSWERS)
