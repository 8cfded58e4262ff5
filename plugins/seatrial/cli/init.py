"""`seatrial init URL`: a first policy for an endpoint, from what a few requests show."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatrial.core.errors import HarnessError, UsageError

if TYPE_CHECKING:
    from seatrial.cli.probe import Endpoint

SLACK = 2.0  # a first limit is this many times the worst that was seen: a start to be tightened, not a goal
_STEPS = (1, 1.5, 2, 3, 4, 5, 7.5, 10)


@click.command(short_help="probe an endpoint and write a first policy for it")
@click.argument("url")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("policy.yaml"),
    show_default=True,
    help="The policy's file; never overwritten.",
)
@click.option("--model", help="Model to ask for. [default: the first that the endpoint lists]")
@click.option("--api-key-env", metavar="NAME", help="Environment variable that holds the endpoint's key.")
@click.option("--name", default="my-system", show_default=True, help="What the policy is called.")
def command(url: str, out: Path, model: str | None, api_key_env: str | None, name: str) -> None:
    """Send about ten small requests to URL and write a policy that it is likely to meet.

    URL is the base address, for OpenAI-compatible endpoints up to and including /v1. The limits are what was
    seen with room to spare: tighten them to what your users need.
    """
    from seatrial.cli.probe import probe

    if out.exists():
        raise UsageError("there is a file here already", where=str(out), hint="name another with --out")
    found = probe(url, model=model, api_key=_key(api_key_env))
    _write(out, policy_text(found, name, api_key_env))
    _check(out)
    click.echo(f"{found.protocol} at {found.uri}, model {found.model or '(any)'}, {found.sent} requests sent")
    click.echo(f"wrote {out}; next: seatrial plan --policy {out}")


def _key(variable: str | None) -> str | None:
    if variable is None:
        return None
    value = os.environ.get(variable)
    if not value:
        raise UsageError(f"the environment variable {variable} is not set", hint=f"export {variable}=…")
    return value


def _write(out: Path, text: str) -> None:
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise HarnessError(f"the policy cannot be written ({error.strerror})", where=str(out)) from error


def _check(out: Path) -> None:
    """What was written must load: a first policy with a mistake would be a poor start."""
    from seatrial.policy.loader import load_policy

    load_policy(out)


def policy_text(found: Endpoint, name: str, api_key_env: str | None) -> str:
    """The policy as YAML, with a comment wherever a person has to decide."""
    quoted = json.dumps  # a JSON string is a YAML string
    model = f", model: {quoted(found.model)}" if found.model else ""
    key = f', apiKey: "${{env:{api_key_env}}}"' if api_key_env else ""
    streams = str(found.streams).lower()
    others = [listed for listed in found.models if listed != found.model][:10]
    lines = [
        "# Written by seatrial init. Tighten the limits to what your users need.",
        "apiVersion: seatrial/v1alpha1",
        "kind: ReleasePolicy",
        f"metadata: {{name: {quoted(name)}}}",
        "spec:",
        "  targets:",
        f"    - {{name: bot, protocol: {found.protocol}, uri: {quoted(found.uri)}{model}{key}}}",
        *([f"    # it lists other models too: {', '.join(map(quoted, others))}"] if others else []),
        "  traffic:",
        '    # bundled prompts are short chats; prompts of your own: JSON lines with {"prompt": ...}',
        f"    - {{name: steady, prompts: bundled/chat-short, concurrency: 4, stream: {streams}, "
        "max_tokens: 64, budget: {requests: 5000, duration: 5min}}",
        "  # 5 % chance of certifying a system that breaks a limit; failures in bursts of up to 5 requests",
        "  risk: {confidence: 0.95, power: 0.9, dependence: {bursts_up_to: 5}}",
        "  objectives:",
        "    - {name: availability, traffic: steady, indicator: availability, target: 99%}",
        *_limits(found),
    ]
    return "\n".join(lines) + "\n"


def _limits(found: Endpoint) -> list[str]:
    wanted = [("latency-p95", "operation.duration", found.durations)]
    if found.streams:
        wanted.append(("ttfc-p95", "time_to_first_chunk", found.first_chunks))
    return [
        f"    - {{name: {name}, traffic: steady, indicator: {indicator}, op: lte, "
        f"value: {_limit(max(seen))}, target: 95%}}  # {_ms(max(seen))} was the slowest of {len(seen)}"
        for name, indicator, seen in wanted
        if seen
    ]


def _limit(worst: float) -> str:
    """A round duration with room above *worst* (seconds)."""
    wanted = max(worst * SLACK, 0.05)
    scale = 10.0 ** math.floor(math.log10(wanted))
    return _ms(next(step * scale for step in _STEPS if step * scale >= wanted * 0.999))


def _ms(seconds: float) -> str:
    return (
        f"{seconds:g}s" if seconds >= 1 and seconds == round(seconds, 1) else f"{math.ceil(seconds * 1000)}ms"
    )
