"""One `seatrial load`, from policy to exit code."""

from __future__ import annotations

import secrets
import shlex
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import click

from seatrial.cli.helm import Logbook
from seatrial.cli.load_asked import Asked, changed, chosen, facts_of, objectives_of, require_extras
from seatrial.cli.run_folder import RunFolder, new_run
from seatrial.core.errors import SeatrialError
from seatrial.core.objective import Objective, Stream
from seatrial.core.outcome import ExitCode, Outcome
from seatrial.load import from_policy
from seatrial.load.configs import targets
from seatrial.load.ledger import Ledger
from seatrial.policy.traffic import TrafficSpec

if TYPE_CHECKING:
    from seatrial.load.resumed import Part
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.pytest.continuing import Earlier
    from seatrial.targets.config import TargetConfig


class Flow(Stream, Protocol):
    """A traffic of ours, or Locust's."""

    name: str

    def resume(self, parts: Sequence[Part]) -> None:
        """Begin where an earlier run on the same target stopped."""

    @property
    def counts(self) -> tuple[int, int]:
        """Requests sent, and come back."""

    def close(self) -> None:
        """Give everything back."""


def run(asked: Asked) -> ExitCode:
    """Send a traffic, write down what was found, and say what it comes to.

    Raises:
        UsageError: nothing can be sent as it stands.
        HarnessError: this machine could not send, or the folder or a report cannot be written.
    """
    from seatrial.cli.preflight import require_targets
    from seatrial.cli.voyage import told_to_stop
    from seatrial.policy.loader import load_policy
    from seatrial.reporting.load_live import LoadView
    from seatrial.targets.secret import Redactor

    loaded = load_policy(asked.policy, target=asked.target)
    spec = changed(loaded.traffic(chosen(loaded, asked.traffic)), asked)
    require_extras(asked)
    require_targets(loaded)
    configs = targets(loaded)
    earlier = earlier_of(asked, loaded)
    folder = new_run(asked.out)
    redactor = Redactor(loaded.secrets)
    for config in configs.values():
        redactor.merge(config.redactor)
    failed: SeatrialError | None = None
    left = ""
    with ExitStack() as stack:
        view = stack.enter_context(LoadView())
        book = Logbook(folder, redactor, view.feed)
        seed = loaded.spec.seed if asked.seed is None else asked.seed
        seed = secrets.randbits(31) if seed is None else seed
        voyage = Voyage(asked, loaded, spec, configs, folder, book, seed, view, earlier)
        try:
            with told_to_stop():
                voyage.sail()
        except SeatrialError as error:
            failed = error
            book.trouble(error)
        except KeyboardInterrupt:
            left = f"go on with --continue {shlex.quote(str(folder.path))}"
            what = "the run was interrupted"
            book.record("error", kind="interrupted", where=None, what=what, hint=left)
        book.finish()
    code = conclude(folder, failed)
    if left:
        click.echo(f"interrupted: the journal is whole, nothing is proven; {left}", err=True)
    return code


def earlier_of(asked: Asked, loaded: LoadedPolicy) -> Earlier | None:
    """The run to continue, read before a new one may take its place.

    Raises:
        UsageError: it cannot be continued under this policy.
    """
    if asked.earlier is None:
        return None
    from seatrial.policy.effective import digest
    from seatrial.pytest.continuing import Earlier

    path = asked.earlier / "journal.ndjson" if asked.earlier.is_dir() else asked.earlier
    return Earlier(path, digest(loaded))


class Voyage:
    """One traffic sent and judged."""

    def __init__(
        self,
        asked: Asked,
        loaded: LoadedPolicy,
        spec: TrafficSpec,
        configs: dict[str, TargetConfig],
        folder: RunFolder,
        book: Logbook,
        seed: int,
        view: Any,
        earlier: Earlier | None,
    ) -> None:
        self._earlier = earlier
        self._asked, self._loaded, self._spec, self._configs = asked, loaded, spec, configs
        self._folder, self._book, self._seed, self._view = folder, book, seed, view
        self._objectives = objectives_of(loaded, spec.name)
        self._config = configs[spec.target or next(iter(configs))]
        self._facts: dict[str, Any] = {}

    def sail(self) -> None:
        """Take the target's identity, send, judge, and take it again."""
        from seatrial.pytest import environment

        self._book.record(
            "run",
            policy=facts_of(self._loaded, self._objectives),
            seed=self._seed,
            suites=["load"],
            continues=self._earlier.run if self._earlier else None,
            purpose="load",
            command=self._asked.told(),
            environment=environment.facts(),
            plan={},
        )
        self._book.record("collected", items=[self._head(None), *map(self._head, self._objectives)])
        self._identify("before")
        flow = self._flow()
        self._view.counts = lambda: flow.counts
        try:
            if self._earlier is not None:
                self._earlier.hand_on(flow, self._locust())
            for objective in self._objectives:
                self._judge(objective, flow)
            if self._asked.to_the_end or not self._objectives:
                flow.extend(lambda: False)
        finally:
            flow.close()
        self._account(flow)
        self._identify("after")

    def _judge(self, objective: Objective, flow: Flow) -> None:
        began = time.monotonic()
        verdict = objective.judge(flow)
        self._book.record(
            "item",
            **self._head(objective),
            outcome=verdict.outcome.value,
            reason=verdict.reason,
            seconds=round(time.monotonic() - began, 4),
            exchanges=verdict.n,
            probes=0,
            key=objective.key_sli,
        )

    def _account(self, flow: Flow) -> None:
        """Whether what was sent is what was judged."""
        lost = flow.punctuality().lost
        count = len(flow.log)
        self._book.record(
            "item",
            **self._head(None),
            outcome=(Outcome.INCONCLUSIVE if lost or not count else Outcome.PASSED).value,
            reason=lost or f"{count:,} sent, {count:,} received",
            seconds=0.0,
            exchanges=count,
            probes=0,
            key=True,
        )

    def _head(self, objective: Objective | None) -> dict[str, Any]:
        name = "accounted" if objective is None else objective.name
        title = "every request that was sent is accounted for" if objective is None else objective.name
        return {
            "id": f"seatrial/load/{self._spec.name}::{name}",
            "suite": "load",
            "title": title,
            "objective": None if objective is None else objective.name,
            "control": None,
        }

    def _identify(self, when: str) -> None:
        from seatrial.certificate import fingerprint
        from seatrial.targets.target import Target

        config = self._config
        with Target(config, connections=4) as target:
            facts = fingerprint.sample(target)
        if when == "before":
            self._facts = facts
            if self._earlier is not None:
                self._earlier.same_target(config.name, facts)
        self._book.record(
            "fingerprint",
            when=when,
            target=config.name,
            uri=fingerprint.public_uri(config.uri),
            protocol=config.protocol,
            digest=fingerprint.digest(facts),
            facts=facts,
            changed=fingerprint.diff(self._facts, facts) if when == "after" else [],
            on_change=self._loaded.target(config.name).identity.onChange,
        )

    def _locust(self) -> str | None:
        """Digest of the locustfile whose users send it, None where our own engine does."""
        if self._asked.locust is None:
            return None
        from seatrial.cli.load_locust import digest_of

        return digest_of(self._asked.locust)

    def _flow(self) -> Flow:
        if self._asked.locust is None:
            return from_policy.traffic(
                self._loaded,
                self._spec.name,
                self._configs,
                seed=self._seed,
                record=self._book.record,
                objectives=self._objectives,
                spec=self._spec,
                folder=self._folder.path,
            )
        from seatrial.cli.load_locust import locust_flow

        ledger = partial(Ledger, self._spec.name, self._book.record, objectives=self._objectives)
        return locust_flow(self._asked, self._loaded, self._spec, self._folder.path, self._seed, ledger)


def conclude(folder: RunFolder, failed: SeatrialError | None) -> ExitCode:
    """Write the reports, and say what it came to."""
    from rich.console import Console

    from seatrial.cli.helm import exit_code
    from seatrial.reporting.build import load_report
    from seatrial.reporting.terminal import end_screen
    from seatrial.reporting.write import write_all

    report = load_report(folder.journal)
    write_all(report, folder.path)
    end_screen(report, Console(highlight=False))
    click.echo(f"report       {folder.report}")
    for file in sorted(folder.path.glob("exchanges-*.parquet")):
        click.echo(f"exchanges    {file}")
    if failed is not None:
        raise failed
    return exit_code(folder)
