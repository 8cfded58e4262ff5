"""`seatrial demo`: certify a small AI gateway on this machine, healthy or with defects."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from seatrial.systems.runner import System

# Recipe and bundled policy of each system that can be shown.
GATEWAY = ("reference", "demo")
RESILIENT = ("reference-resilient", "demo-resilience")
CREW = ("reference-crew", "demo-load")
MODEL = ("llama-smollm2", "demo-llm")
# Suites that are shown on a system of their own: providers to fail and a process to kill, or workers to add.
SHOWN = {"resilience": RESILIENT, "recovery": RESILIENT, "load": CREW}
KEY = "SEATRIAL_DEMO_KEY"  # the demo's policies name it as apiKey
OTHER_KEY = "SEATRIAL_DEMO_OTHER_KEY"  # ... this one as that of another tenant
PIDFILE = "SEATRIAL_DEMO_PIDFILE"  # and this one as the file with the process to kill, or to watch
ALERTS = "SEATRIAL_DEMO_ALERTS"  # ... this one as the port that the gateway's watch posts to
ADDRESS = "SEATRIAL_DEMO_{name}_{what}"  # ... and these as where a dependency listens, and its upstream


@click.command(short_help="certify a small AI gateway on this machine, healthy or broken")
@click.option("--defect", "defects", metavar="NAME", multiple=True, help="Break the gateway; repeatable.")
@click.option("--list-defects", is_flag=True, help="List the names of all defects, one a line, and leave.")
@click.option(
    "--llm", is_flag=True, help="A real language model instead: SmolLM2-135M behind a llama.cpp server."
)
@click.option(
    "--suite",
    "suites",
    metavar="NAME[,NAME]",
    multiple=True,
    help="Run this suite; repeatable. [default: those for calm weather, or the one that notices the defect]",
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
    The suites resilience and recovery show it before two providers and a cache that fail, and how it is
    killed; the suite load, what it carries. The exit code is that of certify.
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
    suites = _suites(suites, defects)
    recipe, policy = MODEL if llm else _shown(suites)
    arguments = [word for name in defects for word in ("--defect", name)]
    arguments += ["--seed", str(seed)] if seed is not None and not llm else []
    with _system(recipe, arguments) as system:
        told = _told(defects, llm, suites)
        run = () if (recipe, policy) == CREW else suites  # that policy is small: the whole of it is run
        return certify(
            Order(policy=policy, target=system.uri, suites=run, out=out, seed=seed, key=key, command=told)
        )


@contextmanager
def _system(recipe: str, arguments: list[str]) -> Iterator[System]:
    """The running system, and all that the demo's policies ask about it in the environment."""
    from seatrial.systems.runner import System

    with System(recipe, arguments=arguments) as system, ExitStack() as after:
        click.echo(f"{system.recipe.description}: {system.uri}")
        for name, value in _known(system).items():
            after.callback(_restore, name, os.environ.get(name))
            os.environ[name] = value
        yield system


def _known(system: System) -> dict[str, str]:
    """What the demo's policies ask the environment about the running system, by variable."""
    addresses = {
        ADDRESS.format(name=each["name"].upper(), what=what.upper()): each[what]
        for each in system.dependencies
        for what in ("listen", "upstream")
    }
    alerts = {ALERTS: str(system.ports["alerts"])} if "alerts" in system.ports else {}
    keys = {KEY: system.api_key or "none", OTHER_KEY: system.other_key or "none"}
    return keys | {PIDFILE: str(system.pidfile or "")} | addresses | alerts


def _restore(name: str, before: str | None) -> None:
    if before is None:
        del os.environ[name]
    else:
        os.environ[name] = before


def _suites(asked: tuple[str, ...], defects: tuple[str, ...]) -> tuple[str, ...]:
    """What to run: what was asked for, or what notices a defect that does not show in calm weather."""
    from seatrial.systems.reference.defects import DEFECTS

    if asked:
        return tuple(name for words in asked for name in words.split(","))
    homes = {suite for name in defects for suite in DEFECTS[name].caught_by}
    return tuple(suite for suite in SHOWN if suite in homes)


def _shown(suites: tuple[str, ...]) -> tuple[str, str]:
    """Recipe and policy."""
    systems = {SHOWN.get(suite, GATEWAY) for suite in suites} or {GATEWAY}
    if len(systems) > 1:
        apart = " and ".join(
            ", ".join(suite for suite in suites if SHOWN.get(suite, GATEWAY) == system)
            for system in sorted(systems)
        )
        raise click.UsageError(f"{apart} are shown on different systems: run them apart")
    return systems.pop()


def _told(defects: tuple[str, ...], llm: bool, suites: tuple[str, ...]) -> str:
    words = ["seatrial", "demo", *(["--llm"] if llm else [])]
    words += [word for name in defects for word in ("--defect", name)]
    words += [word for suite in suites for word in ("--suite", suite)]
    return shlex.join(words)
