"""`seatrial plan`: what a policy will need, before any of it is spent."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from seatrial.load.plan import Plan, TrafficPlan


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
    """Tell how many requests, minutes and dollars a policy is expected to need. Nothing is sent.

    The count is for a system with half of the bad events that each limit allows.
    """
    from seatrial.core.units import parse_duration
    from seatrial.load.plan import plan_policy
    from seatrial.policy.loader import load_policy

    plan = plan_policy(load_policy(policy), None if answer is None else parse_duration(answer))
    if as_json:
        shown = {"requests": plan.requests, "minutes": round(plan.minutes, 2), "usd": plan.usd}
        click.echo(json.dumps({**shown, "traffics": [asdict(item) for item in plan.traffics]}, indent=2))
    else:
        _tell(plan)


def _tell(plan: Plan) -> None:
    for item in plan.traffics:
        click.echo(f"{item.traffic}")
        click.echo(f"  requests  {item.requests:>8,}   {item.deciding} needs most")
        click.echo(f"  minutes   {item.seconds / 60:>8.1f}   if an answer takes {item.answer:g} s")
        click.echo(f"  dollars   {_money(item)}")
        for limit in item.limits:
            click.echo(f"  ! {limit}: expect 'not proven' (exit 2)")
    if len(plan.traffics) > 1:
        usd = "" if plan.usd is None else f", ${plan.usd:.2f}"
        click.echo(f"in all {plan.requests:,} requests, {plan.minutes:.1f} minutes{usd}")


def _money(item: TrafficPlan) -> str:
    if item.usd is None:
        return f"{'–':>8}   the policy names no prices"
    return f"{item.usd:>8.2f}   if every answer has {item.output} tokens"
