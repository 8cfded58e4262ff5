"""`seatrial systems`: real systems to try things on, started by recipe."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatrial.core.errors import HarnessError

if TYPE_CHECKING:
    from seatrial.systems.runner import System

POLL = 0.2  # seconds between two looks at a running system


@click.group("systems", short_help="list and start systems to try things on")
def command() -> None:
    """Systems that a recipe starts on this machine, on 127.0.0.1 only."""


@command.command("list")
def list_systems() -> None:
    """List the bundled recipes, and what this machine lacks to start each."""
    from seatrial.systems.recipe import list_recipes

    for recipe in list_recipes():
        click.echo(f"{recipe.name:20} {recipe.description}")
        for missing in recipe.missing:
            click.echo(f"{'':20} needs {missing}")


@command.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.option("--port", type=click.IntRange(1, 65535), help="[default: a free one]")
@click.option(
    "--log", type=click.Path(file_okay=False, path_type=Path), help="Folder for its files and its log."
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def start(name: str, port: int | None, log: Path | None, arguments: tuple[str, ...]) -> int:
    """Start the system NAME (a bundled recipe, or a recipe's file) and keep it until Ctrl-C.

    ARGUMENTS are handed to it, for example: seatrial systems start reference --defect slow-tail
    """
    from seatrial.systems.runner import System

    with System(name, arguments=arguments, port=port, folder=log) as system:
        click.echo(
            f"{system.recipe.name} serves {system.protocol} at {system.uri}, model {system.model or '(any)'}"
        )
        if system.api_key:
            click.echo(f"its key: {system.api_key}")
        for dependency in system.dependencies:
            told = ", ".join(f"{name}: {value}" for name, value in dependency.items())
            click.echo(f"it asks, for a policy's dependencies: {{{told}}}")
        click.echo(f"its log: {system.log}\nCtrl-C ends it")
        return _watch(system)


def _watch(system: System) -> int:
    try:
        while system.alive:
            time.sleep(POLL)
    except KeyboardInterrupt:
        click.echo("stopped")
        return 0
    raise HarnessError(
        f"the system {system.recipe.name!r} ended by itself", hint=f"its log ends with:\n{system.tail()}"
    )
