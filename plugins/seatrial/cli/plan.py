"""`seatrial plan`: what a policy will need, before any of it is spent."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from seatrial.load.plan import Plan, Span
    from seatrial.load.plan_load import Part

_HEADS = ("at best", "expected", "at most", "")
_UNPRICED = ("–", "–", "–", "the policy names no prices")
_WIDE = 24  # characters of a name


@click.command(short_help="requests, minutes and dollars a policy will need")
@click.option(
    "--policy", required=True, metavar="FILE", help="The release policy (YAML), or a bundled one by name."
)
@click.option(
    "--answer",
    metavar="DURATION",
    help="Mean length of an answer, such as 800ms. [default: half of the strictest limit, or 1s]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(policy: str, answer: str | None, as_json: bool) -> None:
    """Tell how many requests, minutes and dollars a policy will need. Nothing is sent.

    Each figure stands three times: at best, for a system without a single bad event; expected, for one with
    half of the bad events that each limit allows; and at most, where the policy's own limits end it. What the
    suite load measures is among them: audits, the search for capacity, a step of load, soaks. How far a
    search goes is not known beforehand: of it only "at most" is told.
    """
    from seatrial.core.units import parse_duration
    from seatrial.load.plan import plan_policy
    from seatrial.policy.loader import load_policy

    loaded = load_policy(policy, trial=False)
    plan = plan_policy(loaded, None if answer is None else parse_duration(answer))
    if as_json:
        click.echo(json.dumps(_json(plan), indent=2))
    else:
        _tell(plan)


def _json(plan: Plan) -> dict[str, Any]:
    def span(figure: Span | None) -> dict[str, float] | None:
        return None if figure is None else {name: round(value, 4) for name, value in figure._asdict().items()}

    return {
        "requests": span(plan.requests),
        "minutes": span(plan.minutes),
        "usd": span(plan.usd),
        "traffics": [
            {
                **asdict(item),
                "requests": span(item.requests),
                "seconds": span(item.seconds),
                "usd": span(item.usd),
            }
            for item in plan.traffics
        ],
        "load": [asdict(part) for part in plan.parts],
    }


def _tell(plan: Plan) -> None:
    for item in plan.traffics:
        _row(item.traffic, *_HEADS[:-1], item.pattern)
        _row("  requests", *(f"{count:,.0f}" for count in item.requests), f"{item.deciding} needs most")
        minutes = (f"{seconds / 60:,.1f}" for seconds in item.seconds)
        _row("  minutes", *minutes, f"if an answer takes {item.answer:g} s")
        if item.usd is None:
            _row("  dollars", *_UNPRICED)
        else:
            tokens = f"if each answer has {item.output} tokens"
            _row("  dollars", *(f"{usd:,.2f}" for usd in item.usd), tokens)
        for limit in item.never:
            click.echo(f"  ✕ {limit}: nothing can pass")
        for limit in item.maybe:
            click.echo(f"  ! {limit}")
    for part in plan.parts:
        _tell_part(part)
    if len(plan.traffics) + len(plan.parts) > 1:
        _row("in all", *_HEADS)
        _row("  requests", *(f"{count:,.0f}" for count in plan.requests), "")
        _row("  minutes", *(f"{minutes:,.1f}" for minutes in plan.minutes), "")
        _row("  dollars", *((f"{usd:,.2f}" for usd in plan.usd) if plan.usd else _UNPRICED))


def _tell_part(part: Part) -> None:
    """What one measurement of the suite load needs; of a search only the most is known."""

    def figures(text: str) -> tuple[str, ...]:
        return (text,) * 3 if part.exact else ("–", "–", text)

    _row(part.name, *_HEADS[:3], f"{part.alone} alone measures it: not in the sum" if part.alone else "")
    _row("  requests", *figures(f"{part.requests:,.0f}"), part.limit)
    _row("  minutes", *figures(f"{part.seconds / 60:,.1f}"), "")
    _row("  dollars", *(_UNPRICED if part.usd is None else (*figures(f"{part.usd:,.2f}"), "")))


def _row(name: str, *words: str) -> None:
    *figures, comment = words
    click.echo(f"{name:{_WIDE}}{''.join(f'{figure:>12}' for figure in figures)}   {comment}".rstrip())
