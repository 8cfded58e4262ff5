"""The parts of a policy that people answer for: checklists, attestations, waivers, score and validity."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from seatrial.policy.fields import Flag, Model, PositiveDuration, Share, wrong


def _date(value: Any) -> Any:
    text = value.isoformat() if isinstance(value, date) else value
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        raise wrong(f"{text!r} is no date", "write it as 2026-12-01")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise wrong(f"{text!r} is no date: {error}", "write it as 2026-12-01") from error


Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]


class Contacts(Model):
    """Who answers for the system (RACI)."""

    responsible: tuple[str, ...] = ()
    accountable: tuple[str, ...] = ()
    consulted: tuple[str, ...] = ()
    informed: tuple[str, ...] = ()


class ChecklistRef(Model):
    """A checklist that the policy demands."""

    name: str = Field(min_length=1)
    """Name of a bundled checklist, or a file relative to the policy."""
    mode: Literal["all", "automated", "manual"] = "all"
    """Which of its controls are demanded."""


class Attestations(Model):
    """Where signed statements of people lie, and whose are believed."""

    folder: str
    """Folder of attestations, relative to the policy."""
    keys: tuple[str, ...] = Field(min_length=1)
    """Public keys that may sign them, relative to the policy."""


class WaiverSpec(Model):
    """A control that is knowingly not met for a while; it never reads as passed."""

    control_id: str = Field(min_length=1)
    justification: str = Field(min_length=1)
    expiration_date: Day
    """Last day on which it counts; afterwards the control has failed."""
    approver: str = Field(min_length=1)
    run: Flag = True
    """Whether the control is checked all the same."""


class TotalScore(Model):
    """Share of the objectives' weight that must be met."""

    pass_: Share = Field(0.9, alias="pass")
    warning: Share = 0.75

    @model_validator(mode="after")
    def _ordered(self) -> TotalScore:
        if self.warning > self.pass_:
            raise wrong("the score that warns is above the score that passes: it could never warn")
        if self.warning <= 0:
            raise wrong("a total score of 0 is met by measuring nothing")
        return self


class Validity(Model):
    """How long a certificate says something."""

    expires: PositiveDuration = 30 * 86400.0
    """After the trial."""
