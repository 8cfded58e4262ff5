"""`seatrial soak`: hours of steady traffic, and whether anything grows meanwhile."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatrial.core.errors import SeatrialError, UsageError
from seatrial.core.journal import Event
from seatrial.core.outcome import ExitCode

if TYPE_CHECKING:
    from seatrial.cli.helm import Logbook
    from seatrial.cli.run_folder import RunFolder
    from seatrial.load.soak.from_policy import Wish
    from seatrial.load.soak.growth import Growth
    from seatrial.load.soak.soak import Soak
    from seatrial.load.soak.state import State
    from seatrial.load.soak.windows import Window
    from seatrial.policy.loader import LoadedPolicy

TITLES = {
    "latency": "The median latency does not grow",
    "latency-p95": "The 95th percentile of latency does not grow",
    "errors": "The share of failures does not grow",
    "memory": "The memory of the process does not grow",
    "files": "The open files of the process do not grow",
}


@click.command(short_help="hours of steady traffic: does anything grow?")
@click.option(
    "--policy", required=True, metavar="FILE", help="The release policy (YAML), or a bundled one by name."
)
@click.option("--traffic", metavar="NAME", help="Whose prompts are asked. [default: the one with a soak]")
@click.option("--target", metavar="[NAME=]URL", help="Address in place of the policy's.")
@click.option("--duration", metavar="DURATION", help="Such as 2h. [default: the policy's, or 2h]")
@click.option("--rate", metavar="RATE", help="Such as 2/s. [default: the policy's, or 2/s]")
@click.option("--pid", type=click.IntRange(2), help="The target's process on this machine.")
@click.option(
    "--pidfile", type=click.Path(dir_okay=False, path_type=Path), help="The file that tells its process."
)
@click.option(
    "--continue",
    "earlier",
    type=click.Path(path_type=Path),
    help="Go on with an interrupted soak: the folder of its run.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder for the run's files. [default: runs/<id>]"
)
@click.option(
    "--seed", type=click.IntRange(0), help="Reproduces everything that is drawn. [default: a fresh one]"
)
def command(
    policy: str,
    traffic: str | None,
    target: str | None,
    duration: str | None,
    rate: str | None,
    pid: int | None,
    pidfile: Path | None,
    earlier: Path | None,
    out: Path | None,
    seed: int | None,
) -> int:
    """Send steady low-rate traffic for hours; see whether latency, errors, memory or open files grow.

    Each is tested for growth beyond what the policy allows under `soak` of a traffic. A checkpoint is kept:
    what was interrupted goes on with --continue. It ends early where something has grown too much already.
    """
    from seatrial.core.units import parse_duration, parse_rate
    from seatrial.load.soak.from_policy import Wish
    from seatrial.policy.loader import load_policy

    if pid is not None and pidfile is not None:
        raise click.UsageError("name the process once: by --pid or by --pidfile")
    wish = Wish(
        duration=None if duration is None else parse_duration(duration),
        rate=None if rate is None else parse_rate(rate),
        process=pid if pid is not None else pidfile,
    )
    loaded = load_policy(policy, target=target)
    name = _chosen(loaded, traffic)
    words = ["seatrial", "soak", "--policy", policy, "--traffic", name]
    for option, value in (("target", target), ("pid", pid), ("pidfile", pidfile)):
        words += [f"--{option}", str(value)] if value else []
    return run(_Order(loaded, name, wish, earlier, out, seed, shlex.join(words)))


@dataclass(frozen=True)
class _Order:
    """What is asked for."""

    loaded: LoadedPolicy
    traffic: str
    wish: Wish
    earlier: Path | None
    out: Path | None
    seed: int | None
    told: str


def _chosen(loaded: LoadedPolicy, traffic: str | None) -> str:
    from seatrial.load.soak.from_policy import soak_names

    names = soak_names(loaded) or [spec.name for spec in loaded.spec.traffic]
    if traffic is not None:
        return loaded.traffic(traffic).name
    if len(names) != 1:
        has = f"the policy has {len(names)} traffics" if names else "the policy has no traffic"
        raise UsageError(
            f"{has} to soak with", where=loaded.source, hint=f"name one: --traffic {' or '.join(names)}"
        )
    return names[0]


def run(order: _Order) -> ExitCode:
    """Soak, write the reports, and say what it came to.

    Raises:
        UsageError: it cannot be done as it stands.
        HarnessError: the folder, the checkpoint or a report cannot be written.
    """
    from seatrial.cli import helm
    from seatrial.cli.preflight import require_targets
    from seatrial.cli.run_folder import new_run
    from seatrial.load.soak.state import State, path_in
    from seatrial.reporting.write import write_reports
    from seatrial.targets.secret import Redactor

    earlier = None
    if order.earlier is not None:
        earlier = State.load(path_in(order.earlier, order.traffic))
    require_targets(order.loaded)
    folder = new_run(order.out)
    identity: dict[str, str] = {}

    def watch(event: Event) -> None:
        if event["event"] == "fingerprint":
            identity[event["when"]] = event["digest"]

    book = helm.Logbook(folder, Redactor(order.loaded.secrets), watch)
    failed = _sail(order, folder, book, earlier, identity)
    write_reports(folder.journal, folder.path)
    if failed is not None:
        raise failed
    click.echo(f"report         {folder.report}")
    return helm.exit_code(folder)


def _sail(
    order: _Order, folder: RunFolder, book: Logbook, earlier: State | None, identity: dict[str, str]
) -> BaseException | None:
    """The soak itself; what went wrong with it is in the journal."""
    from seatrial.cli import helm
    from seatrial.cli.voyage import told_to_stop
    from seatrial.load.configs import targets
    from seatrial.load.soak.from_policy import soak

    loaded, sent = order.loaded, 0
    drawn = loaded.spec.seed if order.seed is None else order.seed
    seed = secrets.randbits(31) if drawn is None else drawn
    book.record("run", **_facts(loaded, seed, order.told))
    identify = helm.identifier(loaded.source, book)
    configs = targets(loaded)
    config = configs[loaded.traffic(order.traffic).target or next(iter(configs))]
    failed: BaseException | None = None
    try:
        click.echo(f"soak of {order.traffic} at {config.uri} · seed {seed}")
        identify("before", config)
        _same(earlier, identity["before"], order)
        soaking = soak(
            loaded,
            order.traffic,
            configs,
            folder=folder.path,
            seed=seed,
            record=book.record,
            wish=order.wish,
            earlier=earlier,
            look=_line,
        )
        soaking.state.identity = identity["before"]
        _collect(book, soaking)
        with told_to_stop():
            findings = soaking.run()
        sent = soaking.state.sent
        for found in findings:
            _item(book, order.traffic, found, sent)
        identify("after", config)
    except SeatrialError as error:
        failed = error
        book.trouble(error)
    except KeyboardInterrupt as error:
        failed = error
        hint = f"{order.told} --continue {shlex.quote(str(folder.path))}"
        book.record("error", kind="interrupted", where=None, what="the soak was interrupted", hint=hint)
        click.echo(f"interrupted; it goes on with: {hint}", err=True)
    book.finish(sent)
    return failed


def _same(earlier: State | None, identity: str, order: _Order) -> None:
    if earlier is not None and earlier.identity not in (None, identity):
        raise UsageError(
            "the target is not the one whose soak was interrupted: its identity differs",
            where=str(order.earlier),
            hint="begin a new soak without --continue",
        )


def _facts(loaded: LoadedPolicy, seed: int, told: str) -> dict[str, Any]:
    from seatrial.policy.effective import facts as policy_facts
    from seatrial.pytest.environment import facts

    return {
        "policy": policy_facts(loaded),
        "seed": seed,
        "suites": ["soak"],
        "purpose": "soak",
        "command": told,
        "environment": facts(),
        "plan": {},
    }


def _figures(soaking: Soak) -> list[str]:
    return [found.figure for found in soaking.judge()]


def _head(traffic: str, figure: str) -> dict[str, Any]:
    return {
        "id": f"soak/{traffic}::{figure}",
        "suite": "soak",
        "title": TITLES.get(figure, f"The figure {figure} does not grow"),
        "objective": None,
        "control": None,
    }


def _collect(book: Logbook, soaking: Soak) -> None:
    book.record("collected", items=[_head(soaking.plan.traffic, figure) for figure in _figures(soaking)])


def _item(book: Logbook, traffic: str, found: Growth, sent: int) -> None:
    book.record(
        "item",
        **_head(traffic, found.figure),
        outcome=found.outcome.value,
        reason=found.reason,
        seconds=0.0,
        exchanges=sent,
        probes=0,
        key=True,
    )
    click.echo(f"{found.outcome.symbol} {found.figure:<14} {found.reason}")


def _line(window: Window, count: int) -> None:
    """One checkpoint, for whoever looks now and then."""
    from seatrial.core.units import format_duration

    number = round(window.end / (window.end - window.begin)) if window.end > window.begin else 0
    p50 = format_duration(window.quantile(0.5)) if window.good else "–"
    figures = "  ".join(_SHOWN.get(name, _plain)(name, value) for name, value in window.figures.items())
    click.echo(
        f"{number:4}/{count}  {format_duration(window.end):>8}  {window.good} good, {window.failed} failed"
        f"  p50 {p50}  {figures}".rstrip()
    )


def _plain(name: str, value: float) -> str:
    return f"{name} {value:g}"


_SHOWN: dict[str, Callable[[str, float], str]] = {
    "memory": lambda name, value: f"{name} {value / 2**20:.1f} MiB",
}
