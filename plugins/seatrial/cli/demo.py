"""`seatrial demo`: certify a small AI gateway on this machine, healthy or with defects."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from seatrial.systems.runner import System

# Recipe and bundled policy of each system that can be shown.
GATEWAY = ("reference", "demo")
MODEL = ("llama-smollm2", "demo-llm")
KEY = "SEATRIAL_DEMO_KEY"  # the demo's policies name it as apiKey


@click.command(short_help="certify a small AI gateway on this machine, healthy or broken")
@click.option("--defect", "defects", metavar="NAME", multiple=True, help="Break the gateway; repeatable.")
@click.option("--list-defects", is_flag=True, help="List the names of all defects, one a line, and leave.")
@click.option(
    "--llm", is_flag=True, help="A real language model instead: SmolLM2-135M behind a llama.cpp server."
)
@click.option(
    "--suite", "suites", metavar="NAME", multiple=True, help="Run this suite; repeatable. [default: all]"
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the run's files. [default: runs/<id>]"
)
@click.option(
    "--seed", type=click.IntRange(0), help="Reproduces everything that is drawn. [default: a fresh one]"
)
@click.option("--key", type=click.Path(dir_okay=False, path_type=Path), help="Private key to sign with.")
def command(
    defects: tuple[str, ...],
    list_defects: bool,
    llm: bool,
    suites: tuple[str, ...],
    out: Path | None,
    seed: int | None,
    key: Path | None,
) -> int:
    """Start a small AI gateway on 127.0.0.1, put it through a release policy, and stop it again.

    Healthy it is certified. With a defect it is rejected, or not proven, and the check that noticed is red.
    The exit code is that of certify.
    """
    from seatrial.cli.voyage import Order, certify
    from seatrial.systems.reference.defects import DEFECTS, known

    if list_defects:
        for name in DEFECTS:
            click.echo(name)
        return 0
    if llm and defects:
        raise click.UsageError("a real model has no switchable defects: use --defect without --llm")
    for name in defects:
        known(name)
    recipe, policy = MODEL if llm else GATEWAY
    arguments = [word for name in defects for word in ("--defect", name)]
    arguments += ["--seed", str(seed)] if seed is not None and not llm else []
    with _system(recipe, arguments) as system:
        told = _told(defects, llm, suites)
        target = system.uri
        return certify(
            Order(policy=policy, target=target, suites=suites, out=out, seed=seed, key=key, command=told)
        )


@contextmanager
def _system(recipe: str, arguments: list[str]) -> Iterator[System]:
    """The running system, its key where the demo's policies look for it."""
    from seatrial.systems.runner import System

    with System(recipe, arguments=arguments) as system:
        click.echo(f"{system.recipe.description}: {system.uri}")
        before = os.environ.get(KEY)
        os.environ[KEY] = system.api_key or "none"
        try:
            yield system
        finally:
            if before is None:
                del os.environ[KEY]
            else:
                os.environ[KEY] = before


def _told(defects: tuple[str, ...], llm: bool, suites: tuple[str, ...]) -> str:
    words = ["seatrial", "demo", *(["--llm"] if llm else [])]
    words += [word for name in defects for word in ("--defect", name)]
    words += [word for suite in suites for word in ("--suite", suite)]
    return shlex.join(words)
