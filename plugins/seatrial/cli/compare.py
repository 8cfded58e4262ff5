"""`seatrial compare`: is one run no worse than another, objective by objective?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from seatrial.core.outcome import ExitCode


@click.command(short_help="is one run no worse than another?")
@click.argument("baseline", type=click.Path(path_type=Path))
@click.argument("candidate", type=click.Path(path_type=Path))
@click.option(
    "--margin",
    metavar="SHARE",
    default="1%",
    show_default=True,
    help="By so much the share of bad requests may be higher, in points.",
)
@click.option(
    "--slower",
    metavar="SHARE",
    default="10%",
    show_default=True,
    help="By so much latencies may be longer.",
)
@click.option(
    "--costlier",
    metavar="SHARE",
    default="10%",
    show_default=True,
    help="By so much a request may cost more.",
)
@click.option("--any-policy", is_flag=True, help="Compare what two different policies have in common.")
@click.option("--any-baseline", is_flag=True, help="Compare with a baseline that was itself rejected.")
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="Write Markdown here.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of the table.")
def command(
    baseline: Path,
    candidate: Path,
    margin: str,
    slower: str,
    costlier: str,
    any_policy: bool,
    any_baseline: bool,
    markdown: Path | None,
    as_json: bool,
) -> int:
    """Compare the run in CANDIDATE with that in BASELINE (folders of runs, or journals).

    Every objective of both, and latency and cost of every traffic, with intervals: paired prompt by prompt
    where both runs asked the same. The candidate passes where each is shown to be no worse by more than its
    margin. Nothing passes by absence.

    \b
    Leaves with  0  no worse
                 1  worse, by more than a margin
                 2  not proven: too few data, a line that only one side has, a baseline that was rejected
                 3  usage: a run is missing, or the two were measured by different policies
    """
    from rich.console import Console

    from seatrial.core.units import parse_share
    from seatrial.load.comparison.compare import compare
    from seatrial.load.comparison.figures import Margins
    from seatrial.reporting.comparison import print_comparison, render_comparison

    margins = Margins(*map(parse_share, (margin, slower, costlier)))
    found = compare(baseline, candidate, margins, any_policy=any_policy, any_baseline=any_baseline)
    told = found.to_dict()
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        print_comparison(told, Console())
    if markdown is not None:
        _write(markdown, render_comparison(told))
    return ExitCode.of(found.outcome)


def _write(path: Path, text: str) -> None:
    from seatrial.core.errors import HarnessError

    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise HarnessError(f"the comparison cannot be written ({error.strerror})", where=str(path)) from error
