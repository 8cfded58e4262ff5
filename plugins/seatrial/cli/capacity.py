"""`seatrial capacity`: the highest rate at which every objective holds, and how long it will be enough."""

from __future__ import annotations

import os
import secrets
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatrial.core.errors import SeatrialError
from seatrial.core.outcome import ExitCode, Outcome

if TYPE_CHECKING:
    from seatrial.cli.helm import Logbook
    from seatrial.cli.run_folder import RunFolder
    from seatrial.load.capacity import Capacity
    from seatrial.load.level import Level
    from seatrial.policy.capacity import CapacitySpec
    from seatrial.policy.loader import LoadedPolicy

ITEM = "capacity"


@click.command(short_help="the highest rate at which every objective holds")
@click.option(
    "--policy", required=True, metavar="FILE", help="The release policy (YAML), or a bundled one by name."
)
@click.option("--target", metavar="URL", help="Try this URL instead of the policy's.")
@click.option(
    "--traffic", metavar="NAME", help="Whose target, prompts and objectives. [default: the only one]"
)
@click.option(
    "--from", "lowest", metavar="RATE", help="The first level, such as 10/s. [default: the policy's]"
)
@click.option("--to", "highest", metavar="RATE", help="The highest level. [default: the policy's]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for the run's files; an earlier run in it is moved aside. [default: runs/<id>]",
)
@click.option(
    "--seed", type=click.IntRange(0), help="Reproduces everything that is drawn. [default: a fresh one]"
)
def command(
    policy: str,
    target: str | None,
    traffic: str | None,
    lowest: str | None,
    highest: str | None,
    out: Path | None,
    seed: int | None,
) -> int:
    """Search for the capacity of a deployed AI system, by the objectives of a release policy.

    Load goes up level by level, as Poisson arrivals that do not wait for answers; each level lasts until
    every objective is decided there, and is broken off as soon as one is shown to break or the target falls
    behind for good. What comes out is an interval: the highest rate shown to hold, and the lowest shown to
    break. How far to search, what rate is asked for and how demand grows stands in the policy under
    spec.capacity.

    \b
    Leaves with  0  found, and enough where the policy says how much is enough
                 1  rejected: not enough, or not even the first level holds
                 2  not proven: not decided, or this machine was the limit and not the target
                 3  usage or configuration: nothing was sent
                 4  harness trouble or interrupted
    """
    from seatrial.cli.preflight import require_targets
    from seatrial.load.capacity import traffic_of
    from seatrial.policy.loader import load_policy

    loaded = load_policy(policy, target=target)
    spec = _spec(loaded, traffic, lowest, highest)
    traffic_of(loaded, spec.traffic)
    require_targets(loaded)
    words = ["seatrial", "capacity", "--policy", policy]
    for name, value in (("target", target), ("traffic", traffic), ("from", lowest), ("to", highest)):
        words += [f"--{name}", value] if value else []
    drawn = loaded.spec.seed if seed is None else seed
    return _run(loaded, spec, out, secrets.randbits(31) if drawn is None else drawn, told=shlex.join(words))


def _spec(loaded: LoadedPolicy, traffic: str | None, lowest: str | None, highest: str | None) -> CapacitySpec:
    """The policy's search, with what was given on the command line.

    Raises:
        UsageError: a rate that is none, or the two the wrong way round.
    """
    from pydantic import ValidationError

    from seatrial.core.errors import UsageError
    from seatrial.core.units import parse_rate
    from seatrial.policy.capacity import CapacitySpec

    own = loaded.spec.capacity or CapacitySpec()
    changes: dict[str, Any] = own.model_dump(by_alias=True)
    changes |= {"traffic": traffic} if traffic else {}
    for name, text in (("from", lowest), ("to", highest)):
        if text is not None:
            parse_rate(text)
            changes[name] = text
    try:
        return CapacitySpec.model_validate(changes)
    except ValidationError as error:
        what = str(error.errors()[0]["msg"])
        raise UsageError(what, where="--from, --to", hint="both as rates, such as 10/s and 500/s") from error


def _run(loaded: LoadedPolicy, spec: CapacitySpec, out: Path | None, seed: int, *, told: str) -> ExitCode:
    """Search, write everything down, and say what it came to."""
    from seatrial.cli.helm import Logbook
    from seatrial.cli.run_folder import new_run
    from seatrial.cli.voyage import told_to_stop
    from seatrial.targets.secret import Redactor

    folder = new_run(out)
    book = Logbook(folder, Redactor(loaded.secrets), lambda event: None)
    book.record("run", **_facts(loaded, seed, told))
    failed: SeatrialError | None = None
    interrupted = False
    try:
        with told_to_stop():
            _search(loaded, spec, seed, book)
    except SeatrialError as error:
        failed = error
        book.trouble(error)
    except KeyboardInterrupt:
        interrupted = True
        what = "the search was interrupted"
        book.record("error", kind="interrupted", where=None, what=what, hint="run it again")
    book.finish()
    return _conclude(folder, failed, interrupted=interrupted)


def _facts(loaded: LoadedPolicy, seed: int, told: str) -> dict[str, Any]:
    from seatrial.policy.effective import facts as policy_facts
    from seatrial.pytest.environment import facts

    return {
        "policy": policy_facts(loaded),
        "seed": seed,
        "suites": ["load"],
        "purpose": "capacity",
        "command": told,
        "environment": facts(),
        "plan": {},
    }


def _search(loaded: LoadedPolicy, spec: CapacitySpec, seed: int, book: Logbook) -> None:
    from seatrial.cli.helm import identifier
    from seatrial.load.capacity import measure, traffic_of
    from seatrial.load.configs import targets

    name = traffic_of(loaded, spec.traffic)
    configs = targets(loaded)
    config = configs[loaded.traffic(name).target or next(iter(configs))]
    book.record("collected", items=[_item(ITEM, "The highest rate at which every objective holds")])
    identify = identifier(loaded.source, book)
    identify("before", config)
    click.echo(f"capacity of {name} at {config.uri} · seed {seed}")
    began = book.clock()
    month = f"{datetime.now(UTC):%Y-%m}"
    found = measure(loaded, configs, spec, seed=seed, month=month, record=book.record, tell=_tell_level)
    identify("after", config)
    _items(found, book, book.clock() - began)
    _tell(found)


def _item(name: str, title: str) -> dict[str, Any]:
    return {"id": name, "suite": "load", "title": title, "objective": None, "control": None}


def _items(found: Capacity, book: Logbook, seconds: float) -> None:
    """What was found, as checks of the run."""
    same = {"seconds": round(seconds, 3), "exchanges": found.exchanges, "probes": 0, "key": True}
    head = _item(ITEM, "The highest rate at which every objective holds")
    reason = f"{found.interval}: {found.reason}"
    book.record("item", **head, outcome=found.outcome.value, reason=reason, **same)
    for each in found.demand:
        if each.outcome is not Outcome.NOT_APPLICABLE:
            head = _item(f"{ITEM}/demand[{each.scenario}]", f"Capacity suffices for demand ({each.scenario})")
            book.record("item", **head, outcome=each.outcome.value, reason=each.reason, **same)


def _tell_level(level: Level) -> None:
    from seatrial.core.units import format_duration, format_rate

    word = level.finding.value
    figures = [
        f"{level.n:>7,} requests",
        f"served {format_rate(level.served)}",
        f"{level.in_flight:.1f} in flight",
        *(f"{name} {format_duration(level.latency[name])}" for name in ("p50", "p95") if level.latency),
    ]
    click.echo(f"{level.outcome.symbol} {format_rate(level.rate):>8}  {word:<22}{' · '.join(figures)}")
    if level.outcome is not Outcome.PASSED:
        click.echo(f"  {'':>8}  {level.reason}")


def _tell(found: Capacity) -> None:
    from seatrial.core.units import format_rate
    from seatrial.load.capacity import spent

    click.echo()
    click.echo(f"{found.outcome.symbol} {found.outcome.label}: capacity {found.interval}, {spent(found)}")
    click.echo(f"  {found.reason}")
    if found.knee is not None:
        click.echo(f"knee         {format_rate(found.knee)}: beyond it latency grows faster than throughput")
    law = found.law
    if law is not None:
        most = "" if law.most is None else f", at most {format_rate(law.most)}"
        warning = f" ({law.warning})" if law.warning else ""
        gamma = format_rate(law.gamma)
        click.echo(f"scalability  γ {gamma}, σ {law.sigma:.3g}, κ {law.kappa:.2g}{most}{warning}")
    for each in found.demand:
        click.echo(f"demand       {each.outcome.symbol} {each.scenario}: {each.reason}")


def _conclude(folder: RunFolder, failed: SeatrialError | None, *, interrupted: bool) -> ExitCode:
    """Write the reports; what went wrong is raised, behind them."""
    from seatrial.cli.helm import exit_code
    from seatrial.reporting.write import write_reports

    write_reports(folder.journal, folder.path)
    if failed is not None:
        raise failed
    if interrupted:
        click.echo("interrupted: the journal is whole, nothing is proven", err=True)
        return ExitCode.HARNESS
    shown = os.path.relpath(folder.report) if folder.report.is_relative_to(Path.cwd()) else folder.report
    click.echo(f"report       {shown}")
    return exit_code(folder)
