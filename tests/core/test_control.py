from __future__ import annotations

import pytest

from seatrial.core.control import Control, EvaluationMethod

AUTOMATED = Control("a", "A", evaluation_methods=(EvaluationMethod("Automated"),), proven_by=("x",))
MANUAL = Control("m", "M", evaluation_methods=(EvaluationMethod("Manual", "Intent"),))


@pytest.mark.parametrize(
    ("mode", "demanded"), [("all", (True, True)), ("automated", (True, False)), ("manual", (False, True))]
)
def test_a_policy_demands_a_part_of_a_checklist(mode: str, demanded: tuple[bool, bool]) -> None:
    assert (AUTOMATED.demanded(mode), MANUAL.demanded(mode)) == demanded  # type: ignore[arg-type]


def test_a_control_without_a_method_is_for_people() -> None:
    assert not Control("x", "X").automated
