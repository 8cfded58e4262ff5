"""All reports of a journal, written beside it."""

from __future__ import annotations

from pathlib import Path

from seatrial.core.errors import HarnessError
from seatrial.reporting.build import load_report
from seatrial.reporting.html import render_html
from seatrial.reporting.junit import render_junit
from seatrial.reporting.markdown import render_markdown
from seatrial.reporting.model import Report
from seatrial.reporting.postmortem import render_postmortem


def write_reports(
    journal_path: Path, out_dir: Path, *, certificate_verified: bool | None = None
) -> list[Path]:
    """Write ``report.html``, ``summary.md`` and ``junit.xml``; of a game day ``postmortem.md``, too.

    Args:
        journal_path: the journal, also one of a run that was killed.
        out_dir: where to; made where it does not exist.
        certificate_verified: whether the certificate was verified, None where that was not tried.

    Returns:
        The files, in that order.

    Raises:
        UsageError: no such journal, or not one of this schema.
        HarnessError: a file cannot be written.
    """
    return write_all(load_report(journal_path, certificate_verified=certificate_verified), out_dir)


def write_all(report: Report, out_dir: Path) -> list[Path]:
    """The same for a report that was built already.

    Raises:
        HarnessError: a file cannot be written.
    """
    texts = {
        "report.html": render_html(report),
        "summary.md": render_markdown(report),
        "junit.xml": render_junit(report),
    }
    if report.gameday is not None:
        texts["postmortem.md"] = render_postmortem(report)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (out_dir / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise HarnessError(
            f"a report cannot be written ({error.strerror or error})",
            where=str(error.filename or out_dir),
            hint="free some space or name another folder, then run `seatrial report` on the journal",
        ) from error
    return [out_dir / name for name in texts]
