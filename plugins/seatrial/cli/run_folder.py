"""The folder of one run: everything that a verdict rests on, in one place."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from seatrial.core.errors import HarnessError, UsageError

_FILES = (
    "journal.ndjson",
    "report.html",
    "junit.xml",
    "summary.md",
    "postmortem.md",
    "certificate.intoto.json",
    "seatrial.pub",
    "pytest.log",
    "locust.log",
)


@dataclass(frozen=True)
class RunFolder:
    """Where the files of one run lie; each is named after what it holds.

    Attributes:
        id: UTC time of the start and four random hex digits, for example ``20261120-140233-7f3a``.
        path: the folder, absolute.
        moved: where the files of an earlier run in it were moved to; None where there was none.
        made: whether the folder was made for this run.
        before: where ``runs/latest`` pointed before; None where it pointed nowhere, or is no business of it.
    """

    id: str
    path: Path
    moved: Path | None = None
    made: bool = False
    before: Path | None = None

    @property
    def journal(self) -> Path:
        return self.path / "journal.ndjson"

    @property
    def certificate(self) -> Path:
        return self.path / "certificate.intoto.json"

    @property
    def public_key(self) -> Path:
        return self.path / "seatrial.pub"

    @property
    def summary(self) -> Path:
        return self.path / "summary.md"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def log(self) -> Path:
        """What the pytest child printed."""
        return self.path / "pytest.log"

    def undo(self) -> None:
        """Leave everything as it was before: nothing was sent, so there is no run."""
        for name in _FILES:
            (self.path / name).unlink(missing_ok=True)
        if self.moved is not None:
            for file in self.moved.iterdir():
                file.rename(self.path / file.name)
            self.moved.rmdir()
        latest = self.path.parent / "latest"
        if latest.is_symlink() and Path(os.readlink(latest)) == Path(self.path.name):
            latest.unlink()
            if self.before is not None:
                latest.symlink_to(self.before, target_is_directory=True)
        if self.made and not any(self.path.iterdir()):
            self.path.rmdir()


def new_run(out: Path | None = None) -> RunFolder:
    """Make the folder of a new run.

    Args:
        out: the folder to use; an earlier run in it is moved into a folder named after that run, so that two
            runs never mix and none is lost. Default: ``runs/<id>`` here, with ``runs/latest`` pointing to it.

    Raises:
        UsageError: *out* is a file.
        HarnessError: the folder cannot be made (no permission, disk full).
    """
    run = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(
            "this is a file, a run needs a folder", where=str(out), hint="name a folder with --out"
        )
    path = (out if out is not None else Path("runs") / run).absolute()
    made, before = not path.exists(), None
    try:
        path.mkdir(parents=True, exist_ok=True)
        moved = _move_aside(path)
        if out is None:
            before = _point_latest(path)
    except OSError as error:
        raise HarnessError(
            f"the run's folder cannot be made ({error.strerror})",
            where=str(path),
            hint="choose another folder with --out",
        ) from error
    return RunFolder(run, path, moved, made, before)


def _move_aside(path: Path) -> Path | None:
    earlier = [path / name for name in _FILES if (path / name).exists()]
    earlier += sorted(path.glob("exchanges-*.parquet*"))
    if not earlier:
        return None
    began = min(file.stat().st_mtime for file in earlier)
    moved = path / f"earlier-{datetime.fromtimestamp(began, UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    moved.mkdir()
    for file in earlier:
        file.rename(moved / file.name)
    return moved


def _point_latest(path: Path) -> Path | None:
    """Swap ``runs/latest`` in one step, so that a reader never finds it missing; where it pointed before."""
    fresh, latest = path.parent / f".latest-{path.name}", path.parent / "latest"
    before = Path(os.readlink(latest)) if latest.is_symlink() else None
    try:
        fresh.symlink_to(path.name, target_is_directory=True)
        os.replace(fresh, latest)
    except OSError:
        # A file system without symbolic links, or a real folder of that name: a convenience, not evidence.
        fresh.unlink(missing_ok=True)
    return before
