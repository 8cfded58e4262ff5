"""`seatrial plan`: what a policy will need, before any of it is spent."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from seatrial.load.plan import Plan, Span


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

    Each figure is a span: at best, for a system without a single bad event; and for one with half of the bad
    events that each limit allows. One that is closer to its limit needs more, up to its budget.
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
    }


def _tell(plan: Plan) -> None:
    for item in plan.traffics:
        _row(item.traffic, "at best", "expected", "")
        _row("  requests", *(f"{count:,.0f}" for count in item.requests), f"{item.deciding} needs most")
        minutes = (f"{seconds / 60:,.1f}" for seconds in item.seconds)
        _row("  minutes", *minutes, f"if an answer takes {item.answer:g} s")
        if item.usd is None:
            _row("  dollars", "–", "–", "the policy names no prices")
        else:
            _row(
                "  dollars", *(f"{usd:,.2f}" for usd in item.usd), f"if each answer has {item.output} tokens"
            )
        for limit in item.never:
            click.echo(f"  ✕ {limit}: nothing can pass")
        for limit in item.maybe:
            click.echo(f"  ! {limit}")
    if len(plan.traffics) > 1:
        _row("in all", "at best", "expected", "")
        _row("  requests", *(f"{count:,.0f}" for count in plan.requests), "")
        _row("  minutes", *(f"{minutes:,.1f}" for minutes in plan.minutes), "")
        _row("  dollars", *(f"{usd:,.2f}" for usd in plan.usd or ()), "")


def _row(name: str, *words: str) -> None:
    *figures, comment = words
    click.echo(f"{name:12}{''.join(f'{figure:>12}' for figure in figures)}   {comment}".rstrip())
