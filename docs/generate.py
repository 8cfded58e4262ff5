"""Writes the generated pages of docs/: help output cannot go stale where a test compares it.

python docs/generate.py          # or: make docs
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from pydantic import BaseModel

from seatrial.cli.app import app
from seatrial.faults.process.registry import process_kinds
from seatrial.faults.registry import kinds
from seatrial.faults.when import When

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


BEGIN, END = "<!-- generated from the registry: begin -->\n", "<!-- generated from the registry: end -->"


def faults() -> str:
    """The guide of faults, with the reference of all faults between its two marks."""
    before, rest = (HERE / "faults.md").read_text("utf-8").split(BEGIN)
    known = [*sorted(kinds().items()), *sorted(process_kinds().items())]
    overview = [f"| [`{name}`](#{anchor(name)}) | {first_line(kind)} |" for name, kind in known]
    parts = ["\n".join(["| fault | what happens |", "|---|---|", *overview])]
    parts += ["## Which requests: attributes of every AI fault", table(When)]
    for name, kind in known:
        parts += [f"## {name}", first_line(kind)]
        if counts := getattr(kind, "counts", ""):
            parts[-1] += f" The witness counts {counts}."
        parts += filter(None, [table(kind.Attributes, When.model_fields)])
    return before + BEGIN + "\n" + "\n\n".join(parts) + "\n\n" + END + rest.split(END)[1]


def anchor(name: str) -> str:
    """How a heading is linked to."""
    return name.replace(".", "")


def first_line(kind: type) -> str:
    """The first line of a docstring."""
    return (kind.__doc__ or "").partition("\n")[0]


def table(model: type[BaseModel], without: Iterable[str] = ()) -> str:
    """The attributes of a model with their defaults; nothing where it has none of its own."""
    defaults = model().model_dump(mode="json")
    rows = []
    for name, field in model.model_fields.items():
        if name not in without:
            words = " ".join((field.description or "").split()).replace("``", "`")
            default = "" if defaults[name] in (None, {}, []) else f"`{defaults[name]}`"
            rows.append(f"| `{field.alias or name}` | {default} | {words} |")
    return "\n".join(["| attribute | default | |", "|---|---|---|", *rows]) if rows else ""


PAGES = {"cli.md": cli, "faults.md": faults}


def main() -> None:
    """Write every page that differs."""
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
