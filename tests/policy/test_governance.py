"""Checklists, attestations, waivers, score and validity."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from seatrial.policy.governance import Attestations, ChecklistRef, TotalScore, Validity, WaiverSpec

WAIVER = {"control_id": "rdy-pre-06", "justification": "j", "expiration_date": "2026-12-01", "approver": "a"}


def test_a_waiver() -> None:
    waiver = WaiverSpec.model_validate(WAIVER)
    assert waiver.expiration_date == date(2026, 12, 1)
    assert waiver.run
    assert waiver.model_dump(mode="json") == {**WAIVER, "run": True}


@pytest.mark.parametrize("missing", sorted(WAIVER))
def test_a_waiver_says_everything(missing: str) -> None:
    with pytest.raises(ValidationError, match="Field required"):
        WaiverSpec.model_validate({key: value for key, value in WAIVER.items() if key != missing})


@pytest.mark.parametrize("day", ["2026-13-01", "01.12.2026", "2026-12-01T00:00", "soon", 20261201])
def test_a_date_is_a_date(day: Any) -> None:
    with pytest.raises(ValidationError, match="is no date"):
        WaiverSpec.model_validate({**WAIVER, "expiration_date": day})


def test_scores() -> None:
    score = TotalScore.model_validate({"pass": "90%", "warning": "75%"})
    assert (score.pass_, score.warning) == (0.9, 0.75)
    assert score.model_dump(mode="json", by_alias=True) == {"pass": 0.9, "warning": 0.75}
    with pytest.raises(ValidationError, match="could never warn"):
        TotalScore.model_validate({"pass": "50%", "warning": "75%"})
    with pytest.raises(ValidationError, match="measuring nothing"):
        TotalScore.model_validate({"warning": 0})


def test_the_others() -> None:
    assert ChecklistRef.model_validate({"name": "x"}).mode == "all"
    assert Validity.model_validate({}).expires == 30 * 86400
    with pytest.raises(ValidationError, match="at least 1 item"):
        Attestations.model_validate({"folder": "f", "keys": []})
