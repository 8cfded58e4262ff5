"""`seatrial policy`: look at release policies, without sending anything."""

from __future__ import annotations

import click

_POLICY = click.argument("policy", metavar="FILE")


@click.group("policy", short_help="show, check and export release policies")
def command() -> None:
    """Look at release policies. FILE is a YAML file, or a bundled policy such as tiers/business."""


@command.command()
@_POLICY
@click.option("--target", metavar="URL", help="As in certify: the address to try instead of the policy's.")
def show(policy: str, target: str | None) -> None:
    """Print the effective policy, one value a line, each with the file and line it comes from."""
    from seatrial.policy.effective import show as shown
    from seatrial.policy.loader import load_policy

    loaded = load_policy(policy, target=target, trial=False)
    click.echo(shown(loaded), nl=False)
    for notice in loaded.notices:
        click.echo(f"note: {notice.where}: {notice.what}; {notice.hint}", err=True)


@command.command("list")
def list_policies() -> None:
    """List the bundled policies, by the name that --policy and extends take."""
    from seatrial.policy.extends import bundled_policies
    from seatrial.policy.loader import load_policy

    for name in bundled_policies():
        click.echo(f"{name:20} {load_policy(name, trial=False).spec.description}".rstrip())


@command.command()
def schema() -> None:
    """Print the JSON Schema of release policies, for editors and for other tools."""
    from seatrial.policy.schema import as_text

    click.echo(as_text(), nl=False)


@command.command("export-openslo")
@_POLICY
def export_openslo(policy: str) -> None:
    """Print the objectives as OpenSLO v1 documents."""
    from seatrial.policy.loader import load_policy
    from seatrial.policy.openslo_export import export

    click.echo(export(load_policy(policy, trial=False)), nl=False)
