"""`seatrial report`: the reports of a journal, of this run or of one from last year."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="write the reports of a journal again")
@click.argument("journal", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the reports. [default: the journal's]",
)
def command(journal: Path, out: Path | None) -> None:
    """Write report.html, junit.xml and summary.md from JOURNAL (a journal.ndjson, or the folder of a run).

    The journal of a run that was killed can be read too; it certifies nothing.
    """
    from seatrial.reporting.write import write_reports

    path = journal / "journal.ndjson" if journal.is_dir() else journal
    for written in write_reports(path, out or path.parent):
        click.echo(str(written))
