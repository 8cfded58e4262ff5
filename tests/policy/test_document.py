"""The policy as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from seatrial.core.risk import Risk
from seatrial.policy.document import LATER, RiskSpec, Spec


def test_the_risk_of_a_policy_that_says_nothing_is_that_of_the_statistics() -> None:
    assert RiskSpec().risk == Risk()


@pytest.mark.parametrize(
    ("dependence", "bursts", "deff"),
    [("independent", None, 1), ({"bursts_up_to": 1}, 1, 1), ({"bursts_up_to": 10}, 10, 19)],
)
def test_dependence(dependence: Any, bursts: int | None, deff: float) -> None:
    spec = RiskSpec.model_validate({"dependence": dependence})
    assert (spec.risk.bursts_up_to, spec.risk.deff) == (bursts, deff)
    assert spec.model_dump(mode="json")["dependence"] == dependence


@pytest.mark.parametrize("dependence", [None, 5, "bursts", {}, {"bursts_up_to": None}, ["independent"]])
def test_a_dependence_that_is_none(dependence: Any) -> None:
    with pytest.raises(ValidationError):
        RiskSpec.model_validate({"dependence": dependence})


@pytest.mark.parametrize("chance", [0.5, 1, "40%"])
def test_chances_of_error(chance: Any) -> None:
    with pytest.raises(ValidationError, match="more than 50 %"):
        RiskSpec.model_validate({"confidence": chance})


@pytest.mark.parametrize("key", sorted(LATER))
def test_what_comes_later_is_refused(key: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Spec.model_validate({key: {}})


def test_short_forms() -> None:
    spec = Spec.model_validate(
        {"extends": "tiers/basic", "checklists": ["a", {"name": "b", "mode": "manual"}]}
    )
    assert spec.extends == ("tiers/basic",)
    assert [(ref.name, ref.mode) for ref in spec.checklists] == [("a", "all"), ("b", "manual")]
