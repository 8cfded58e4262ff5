"""The command `seatrial`: argument sugar over the rooms below. One file a command; `app` lists them."""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """The console script. Never returns: leaves with one of the documented exit codes."""
    from seatrial.cli.app import app

    app.main(prog_name="seatrial")
    raise AssertionError("app.main leaves the process")
