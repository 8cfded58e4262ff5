"""`seatrial certify`: put a deployed system through a release policy."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="put a deployed system through a release policy")
@click.option(
    "--policy", required=True, metavar="FILE", help="The release policy (YAML), or a bundled one by name."
)
@click.option("--target", metavar="URL", help="Try this URL instead of the policy's.")
@click.option(
    "--suite",
    "suites",
    metavar="NAME[,NAME]",
    multiple=True,
    help="Run this suite; repeatable. [default: all]",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the run's files; an earlier run in it is moved aside. [default: runs/<id>]",
)
@click.option(
    "--seed", type=click.IntRange(0), help="Reproduces everything that is drawn. [default: a fresh one]"
)
@click.option(
    "--continue",
    "earlier",
    type=click.Path(exists=True, path_type=Path),
    help="Go on with the evidence of an earlier run (its folder): a retry from nothing would have a chance "
    "of its own to pass what should not.",
)
@click.option(
    "--toxiproxy",
    metavar="URL",
    help="Inject the faults of TCP by this Toxiproxy server instead of our own proxy.",
)
@click.option(
    "--key",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Private key to sign with. [default: your own, made at first use]",
)
def command(
    policy: str,
    target: str | None,
    suites: tuple[str, ...],
    out: Path | None,
    seed: int | None,
    key: Path | None,
    earlier: Path | None,
    toxiproxy: str | None,
) -> int:
    """Certify a deployed AI system: exercise it as the policy says, judge it, and sign what was found.

    The run's folder then holds journal.ndjson, report.html, junit.xml, summary.md and
    certificate.intoto.json.

    \b
    Leaves with  0  certified
                 1  rejected: something the policy demands was shown not to hold
                 2  not proven: nothing failed, but the evidence does not suffice
                 3  usage or configuration: nothing was sent
                 4  harness trouble or interrupted: says nothing about the target
    """
    from seatrial.cli.voyage import Order, certify

    suites = tuple(name for words in suites for name in words.split(","))
    return certify(
        Order(
            policy=policy,
            target=target,
            suites=suites,
            out=out,
            seed=seed,
            key=key,
            earlier=earlier,
            toxiproxy=toxiproxy,
        )
    )
