"""Writes the generated pages of docs/: help output cannot go stale where a test compares it.

python docs/generate.py          # or: make docs
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from seatrial.cli.app import app

HERE = Path(__file__).parent
HEADER = """\
# Commands

Written by `make docs` from the commands themselves; `tests/repo/test_docs.py` compares.
"""


def helps(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """``(words, help)`` of *command* and of all below it."""
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from helps(below, click.Context(below, context, name, terminal_width=100))


def cli() -> str:
    """The page of all commands."""
    context = click.Context(app, info_name="seatrial", terminal_width=100, **app.context_settings)
    parts = [HEADER]
    for words, text in helps(app, context):
        parts.append(f"{'##' if words == 'seatrial' else '###'} {words}\n\n```\n{text.rstrip()}\n```\n")
    return "\n".join(parts)


PAGES = {"cli.md": cli}


def main() -> None:
    """Write every page that differs."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
