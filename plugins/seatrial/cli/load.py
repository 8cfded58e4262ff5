"""`seatrial load`: send one traffic of a policy, from this machine or with Locust, and judge it."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="send one traffic of a policy and judge its objectives")
@click.option(
    "--policy", required=True, metavar="FILE", help="The release policy (YAML), or a bundled one by name."
)
@click.option("--traffic", metavar="NAME", help="Which traffic of it. [default: the only one]")
@click.option("--target", metavar="URL", help="Try this URL instead of the policy's.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the run's files; an earlier run in it is moved aside. [default: runs/<id>]",
)
@click.option(
    "--seed", type=click.IntRange(0), help="Reproduces everything that is drawn. [default: a fresh one]"
)
@click.option(
    "--processes", type=click.IntRange(1), metavar="N", help="Send arrivals from so many processes."
)
@click.option(
    "--continue",
    "earlier",
    metavar="RUN",
    type=click.Path(exists=True, path_type=Path),
    help="Go on with the evidence of an earlier run on the same policy and target (folder or journal).",
)
@click.option("--parquet", is_flag=True, help="Also keep every exchange as a row of a Parquet file.")
@click.option("--to-the-end", is_flag=True, help="Spend the whole budget, also once all is decided.")
@click.option(
    "--locust",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Let Locust send: a locustfile with users of seatrial.load.locust.",
)
@click.option(
    "--workers", type=click.IntRange(1), default=2, show_default=True, help="Locust's workers in all."
)
@click.option(
    "--master",
    metavar="HOST:PORT",
    help="Be Locust's master at this address, for workers on other machines; with --worker, its address.",
)
@click.option("--worker", is_flag=True, help="Be one of the workers of the master at --master.")
def command(
    policy: str,
    traffic: str | None,
    target: str | None,
    out: Path | None,
    seed: int | None,
    processes: int | None,
    earlier: Path | None,
    parquet: bool,
    to_the_end: bool,
    locust: Path | None,
    workers: int,
    master: str | None,
    worker: bool,
) -> int:
    """Send one traffic of a release policy, show what comes back, and judge the objectives on it.

    With --locust the requests are those of Locust's users, started here on --workers processes. Across
    machines, `--master 0.0.0.0:5557` waits for workers that say `--worker --master HOST:5557`.
    The run's folder then holds journal.ndjson, report.html, junit.xml and summary.md; a certificate is made
    by `seatrial certify` alone.

    \b
    Leaves with  0  every objective on this traffic was shown to hold
                 1  one was shown not to hold
                 2  not proven: too little evidence, a generator that fell behind, samples that were lost
                 3  usage or configuration: nothing was sent
                 4  harness trouble or interrupted
    """
    from seatrial.cli.load_asked import Asked
    from seatrial.cli.load_locust import work
    from seatrial.cli.load_run import run

    asked = Asked(
        policy=policy,
        traffic=traffic,
        target=target,
        out=out,
        seed=seed,
        processes=processes,
        earlier=earlier,
        parquet=parquet,
        to_the_end=to_the_end,
        locust=locust,
        workers=workers,
        master=master,
    )
    return work(asked) if worker else run(asked)
