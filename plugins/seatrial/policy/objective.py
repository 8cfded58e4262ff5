"""Objectives as a policy writes them; `ObjectiveSpec.objective` makes the one that judges."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from seatrial.core.errors import UsageError
from seatrial.core.indicator import INDICATORS, Indicator, find
from seatrial.core.objective import Objective
from seatrial.core.units import Quantity, parse_quantity, parse_share
from seatrial.policy.fields import Flag, Model, Name, PositiveDuration, Share, wrong
from seatrial.policy.openslo_indicator import indicator_name
from seatrial.policy.problems import did_you_mean

Op = Literal["lt", "lte", "gt", "gte"]

_OPS: dict[str, Op] = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_CRITERION = re.compile(r"\s*(<=|>=|<|>)\s*([^\s<>=](?:.*\S)?)\s*")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar an objective sets: a share of exchanges that are good, and when one is good.

    Attributes:
        op, value: an exchange is good where *indicator op value* holds; None where the indicator itself
            knows good from bad.
        target: the share that must be good, 0…1.
    """

    op: Op | None
    value: Quantity | None
    target: float

    def at_least_as_strict_as(self, other: Bar) -> bool:
        """Whether whatever meets this bar meets the other too."""
        if self.target < other.target:
            return False
        if self.value is None or other.value is None:
            return True
        upper = self.op in ("lt", "lte")
        if upper != (other.op in ("lt", "lte")):
            return False
        if self.value.value == other.value.value:
            return self.op == other.op or self.op in ("lt", "gt")
        return (self.value.value < other.value.value) is upper

    def contradicts(self, other: Bar) -> bool:
        """Whether no system can meet both: their good exchanges never overlap, and together exceed 100 %."""
        if self.value is None or other.value is None or self.target + other.target <= 1:
            return False
        low, high = (self, other) if self.op in ("lt", "lte") else (other, self)
        if low.op not in ("lt", "lte") or high.op not in ("gt", "gte"):
            return False
        assert low.value is not None
        assert high.value is not None
        if low.value.value == high.value.value:
            return low.op == "lt" or high.op == "gt"
        return low.value.value < high.value.value


def _scalar(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise wrong("a number with its unit is expected, such as 500ms")
    return value


Written = Annotated[
    str | int | float, BeforeValidator(_scalar), WithJsonSchema({"type": ["string", "number"]})
]


def _criterion(value: Any) -> Any:
    """Keptn's ``[{criteria: ["<=600ms"]}]``, as ``(op, value)``; anything else unchanged."""
    if not isinstance(value, list):
        return value
    found = [text for item in value for text in _criteria(item)]
    if len(found) != 1:
        raise wrong(f"{len(found)} criteria where one is expected", "write one objective for each criterion")
    text = found[0]
    match = _CRITERION.fullmatch(text)
    if not match:
        raise wrong(
            f"{text!r} is no criterion", "write <, <=, > or >= and a value with its unit, such as <=600ms"
        )
    if match[2][0] in "+-":
        raise wrong(
            f"{text!r} is relative to a baseline, and there is none to compare with",
            "write an absolute criterion, such as <=600ms",
        )
    return {"op": _OPS[match[1]], "value": match[2]}


def _criteria(item: Any) -> list[str]:
    if not isinstance(item, dict) or set(item) != {"criteria"}:
        raise wrong("a list of {criteria: [...]} is expected")
    criteria = item["criteria"]
    if not isinstance(criteria, list) or not all(isinstance(text, str) for text in criteria):
        raise wrong('criteria is a list of texts, such as ["<=600ms"]')
    return criteria


def known_indicator(name: str) -> Indicator:
    """The indicator of that name.

    Raises:
        UsageError: there is none.
    """
    found = find(name)
    if found is None:
        guess = did_you_mean(name, INDICATORS)
        raise UsageError(f"unknown indicator {name!r}{guess}", hint=f"known: {', '.join(INDICATORS)}")
    return found


class Criterion(Model):
    """One criterion; Keptn's way to write it, ``[{criteria: ["<=600ms"]}]``, is understood too."""

    op: Op | None = None
    value: Written | None = None
    target: Share | None = None


CriterionField = Annotated[Criterion | None, BeforeValidator(_criterion)]


class ObjectiveSpec(Model):
    """What share of exchanges must be good, and when one is good."""

    name: Name
    description: str = ""
    traffic: str | None = None
    """Name of the traffic it is judged on."""
    dataset: str | None = None
    """File of recorded exchanges it is judged on, relative to the policy; in place of traffic."""
    indicator: Annotated[str, BeforeValidator(indicator_name)]
    """Name of the indicator, such as operation.duration; OpenSLO's ratioMetric or thresholdMetric too."""
    op: Op | None = None
    """An exchange is good where 'indicator op value' holds."""
    value: Written | None = None
    """With its unit, such as 500ms."""
    unit: str | None = None
    """Unit of a value that is a bare number, as in OpenSLO."""
    target: Share | None = None
    """The share of exchanges that must be good, such as 95%."""
    pass_: CriterionField = Field(None, alias="pass")
    """Keptn's place for op and value."""
    warning: CriterionField = None
    """A looser bar: an objective that misses its own and proves this one is WARNED. What it leaves out is
    as the objective has it."""
    of: tuple[str, ...] = ()
    """Objectives of the same traffic that goodput, fairness or error_budget_burn is made of; by default those
    on latency, all, and the one on availability."""
    timeSliceWindow: PositiveDuration | None = None
    """Length of the slices of time that are judged (OpenSLO's word); 1s by default."""
    weight: float = Field(1.0, gt=0, allow_inf_nan=False)
    """In the total score."""
    key_sli: Flag = True
    """Whether the certificate needs it; false leaves it to the total score."""
    critical: Flag = False
    """Whether its failure ends the trial at once."""
    mustHaveData: Flag = True
    """Whether no data at all is 'not proven'; false makes it 'not applicable'."""
    nanStrategy: Literal["fail", "remove"] = "fail"
    """What an exchange without a value (a failed request has no latency) counts as: bad, or nothing."""

    @property
    def sli(self) -> Indicator:
        """The indicator.

        Raises:
            UsageError: there is none of that name.
        """
        return known_indicator(self.indicator)

    @property
    def bar(self) -> Bar:
        """The bar it sets.

        Raises:
            UsageError: unknown indicator, or a value of another dimension.
        """
        criterion = self.pass_ or Criterion()
        op, value = criterion.op or self.op, self.value if criterion.value is None else criterion.value
        return self._bar(op, value, self.target if criterion.target is None else criterion.target)

    @property
    def looser(self) -> Bar | None:
        """The bar of its warning, None where it has none.

        Raises:
            UsageError: as `bar`.
        """
        if self.warning is None:
            return None
        bar, criterion = self.bar, self.warning
        target = bar.target if criterion.target is None else criterion.target
        if criterion.value is None:
            return Bar(criterion.op or bar.op, bar.value, target)
        return self._bar(criterion.op or bar.op, criterion.value, target)

    def _bar(self, op: Op | None, value: str | int | float | None, target: float | None) -> Bar:
        if self.sli.dimension == "share":
            # Keptn writes the target of a ratio as a criterion on its value.
            share = target if value is None else parse_share(value)
            return Bar(None, None, 0.0 if share is None else share)
        quantity = None if value is None else self.quantity(value)
        return Bar(op, quantity, 0.0 if target is None else target)

    def quantity(self, value: str | int | float) -> Quantity:
        """What is written as a value, in the dimension of the indicator.

        Raises:
            UsageError: it has another dimension, or no unit.
        """
        return parse_quantity(value, self.sli.dimension, self.unit)

    def objective(self, where: str | None = None, *, warning: bool = False) -> Objective:
        """The objective that judges.

        Args:
            where: file and line, told in reports.
            warning: the looser bar in place of its own.
        """
        bar = self.looser if warning else self.bar
        assert bar is not None
        return Objective(
            indicator=self.sli.name,
            op=bar.op,
            value=None if bar.value is None else str(bar.value),
            target=bar.target,
            name=self.name,
            missing="bad" if self.nanStrategy == "fail" else "ignored",
            key_sli=self.key_sli,
            weight=self.weight,
            traffic=self.traffic,
            where=where,
            slice=self.timeSliceWindow or 1.0,
        )
