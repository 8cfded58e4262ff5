"""`seatrial verify`: accept a certificate, or refuse it with the reason."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(short_help="accept a certificate, or refuse it with the reason")
@click.argument("certificate", type=_FILE)
@click.option("--policy", required=True, metavar="FILE", help="The policy it must have been issued under.")
@click.option(
    "--key",
    "keys",
    type=_FILE,
    required=True,
    multiple=True,
    help="A public key that is trusted; repeatable: whoever signed must be among them.",
)
@click.option(
    "--threshold",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many keys must have signed.",
)
@click.option("--journal", type=_FILE, help="The journal it must have been made from.")
@click.option(
    "--target-digest",
    metavar="SHA256",
    help="The fingerprint of the target it must be about (see summary.md of the run).",
)
def command(
    certificate: Path,
    policy: str,
    keys: tuple[Path, ...],
    threshold: int,
    journal: Path | None,
    target_digest: str | None,
) -> None:
    """Verify CERTIFICATE offline: signature, dates, result, policy, and that the target did not change.

    Leaves with 0 where it is accepted, 1 where it is refused, 3 where a file is missing or is no key.
    """
    from seatrial.certificate.verify import verify
    from seatrial.policy.effective import digest_of

    found = verify(
        certificate,
        keys=keys,
        now=datetime.now(UTC),
        policy=digest_of(policy),
        journal=journal,
        target_digest=target_digest,
        threshold=threshold,
    )
    click.echo(str(found))
