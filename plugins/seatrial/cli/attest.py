"""`seatrial attest`: sign what a person says about a control that no machine can prove."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import click

from seatrial.core.errors import UsageError

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(short_help="sign a statement about a control that no machine can prove")
@click.argument("control")
@click.option(
    "--statement", required=True, metavar="TEXT", help="What was seen or done, in a sentence or two."
)
@click.option("--signer", required=True, metavar="NAME", help="Who says so: a name and a role.")
@click.option("--key", type=_FILE, required=True, help="The signer's private key.")
@click.option(
    "--expires",
    default="90d",
    show_default=True,
    metavar="WHEN",
    help="A day such as 2026-12-31, or a duration.",
)
@click.option(
    "--evidence", type=_FILE, multiple=True, help="A file that shows it, bound by its digest; repeatable."
)
@click.option(
    "--policy", metavar="FILE", help="The policy it is for: gives the folder, and counts for no other."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for it. [default: the policy's, or here]",
)
def command(
    control: str,
    statement: str,
    signer: str,
    key: Path,
    expires: str,
    evidence: tuple[Path, ...],
    policy: str | None,
    out: Path | None,
) -> None:
    """Attest CONTROL, for example rdy-pre-07, with an end: afterwards it proves nothing.

    The policy names the folder of attestations and the public keys it believes under spec.attestations.
    """
    from seatrial.compliance.attestation import attest

    now = datetime.now(UTC).replace(microsecond=0)
    scope, folder = _scope(policy)
    path = attest(
        control,
        statement,
        signer=signer,
        issued=now,
        expires=_end(expires, now),
        key=key,
        folder=_made(out or folder or Path()),
        evidence=evidence,
        scope=scope,
    )
    click.echo(str(path))


def _scope(policy: str | None) -> tuple[str | None, Path | None]:
    """The policy's name and its folder of attestations, where it has one."""
    from seatrial.policy.loader import load_policy

    if policy is None:
        return None, None
    loaded = load_policy(policy, trial=False)
    wanted = loaded.spec.attestations
    return loaded.name, None if wanted is None else loaded.file("spec", "attestations", "folder")


def _end(expires: str, now: datetime) -> datetime:
    """A day ends at its last moment, in UTC; a duration counts from *now*."""
    from seatrial.core.units import parse_duration

    if not re.fullmatch(r"\d{4}-\d\d-\d\d", expires):
        return now + timedelta(seconds=parse_duration(expires))
    try:
        return datetime.combine(date.fromisoformat(expires), time(23, 59, 59), UTC)
    except ValueError as error:
        raise UsageError(f"{expires!r} is no day ({error})", hint="write it as 2026-12-31") from error


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"this is no folder for attestations ({error.strerror})", where=str(folder)
        ) from error
    return folder
