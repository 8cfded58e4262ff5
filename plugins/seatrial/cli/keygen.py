"""`seatrial keygen`: a pair of keys to sign certificates with."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(short_help="make a pair of keys to sign certificates with")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("seatrial.key"),
    show_default=True,
    help="The private key's file; the public key is put beside it with the suffix .pub.",
)
def command(out: Path) -> None:
    """Make an Ed25519 pair of keys. No file is ever overwritten.

    Keep the private key where only the signer can read it (a CI secret, for example), and give the public key
    to everybody who verifies.
    """
    from seatrial.certificate.keys import keygen

    pair = keygen(out)
    click.echo(f"private key  {pair.private}  (keep it secret)")
    click.echo(f"public key   {pair.public}  (give it to those who verify)")
    click.echo(f"key id       {pair.keyid}")
