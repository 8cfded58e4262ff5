"""A running trial: one policy, its targets, traffics and journal. Imported only where there is one."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import seatrial
from seatrial.certificate import fingerprint
from seatrial.core.control import Control, Demand
from seatrial.core.decision import decide_events
from seatrial.core.errors import SeatrialError, UsageError
from seatrial.core.exchange import Exchange
from seatrial.core.journal import JournalWriter, read_journal
from seatrial.core.objective import Objective, Stream
from seatrial.core.spending import spent
from seatrial.core.verdict import Verdict
from seatrial.load import from_policy, plan
from seatrial.load.configs import targets
from seatrial.load.traffic import Traffic
from seatrial.policy import effective
from seatrial.policy.document import ReleasePolicy
from seatrial.policy.effective import digest
from seatrial.policy.loader import LoadedPolicy, load_policy
from seatrial.pytest import environment, preflight
from seatrial.pytest.continuing import Earlier
from seatrial.pytest.controls import Controls
from seatrial.pytest.judging import ItemRecord, outcome_of
from seatrial.pytest.resilience import Resilience
from seatrial.pytest.run import asked_by, folder_for
from seatrial.pytest.suites import ROOT
from seatrial.pytest.terminal import total_line, verdict_line
from seatrial.targets.secret import Redactor
from seatrial.targets.target import Target


def open_trial(config: pytest.Config) -> TrialRun:
    """The trial that the command line asks for.

    Raises:
        SeatrialError: the policy or the folder is not usable.
    """
    loaded = load_policy(config.getoption("trial_policy"), target=config.getoption("trial_target"))
    workerinput = getattr(config, "workerinput", None)
    if workerinput is not None:
        run, folder = workerinput["trial_run"], Path(workerinput["trial_folder"])
        seed, began = int(workerinput["trial_seed"]), float(workerinput["trial_began"])
    else:
        run, began = config.getoption("trial_run") or new_run_id(), time.monotonic()
        folder = folder_for(config, run)
        given = config.getoption("trial_seed")
        given = loaded.spec.seed if given is None else given
        seed = secrets.randbits(31) if given is None else given
    return TrialRun(config, loaded, run, folder, seed, began)


def new_run_id() -> str:
    """``20261120-140233-7f3a``: sorts by time, and two runs of one second do not meet."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


class TrialRun:
    """Everything that one session's trial holds.

    Args:
        config: the session's.
        loaded: the policy with the origin of its values.
        run: the run's id.
        folder: where its files go.
        seed: reproduces the run's draws.
        began: monotonic clock at the start of the run, shared by all workers.
    """

    def __init__(
        self, config: pytest.Config, loaded: LoadedPolicy, run: str, folder: Path, seed: int, began: float
    ) -> None:
        self.config = config
        self.loaded = loaded
        self.run, self.folder, self.seed, self.began = run, folder, seed, began
        self.interrupted = False
        self.lines: list[str] = []
        self.records: dict[str, ItemRecord] = {}
        self._objectives = {objective.name: objective for objective in from_policy.objectives(loaded)}
        self._targets: dict[str, Target] = {}
        self._traffics: dict[str, Traffic] = {}
        self._current: ItemRecord | None = None
        self._identity: dict[str, dict[str, Any]] = {}
        self._probes: list[Exchange] = []
        self.worker = (getattr(config, "workerinput", None) or {}).get("workerid")
        self.is_controller = self.worker is None and getattr(config.option, "dist", "no") != "no"
        self._configs = targets(loaded)
        self._controls = Controls.of(loaded)
        self.control_url: str | None = None
        self.resilience = Resilience(self, self._configs, self.told)
        earlier = config.getoption("trial_continue")
        self._earlier = Earlier(Path(earlier), digest(loaded)) if earlier else None
        self._redactor = Redactor(loaded.secrets)
        for target in self._configs.values():
            self._redactor.merge(target.redactor)
        self._journal = self._open_journal()

    # ---- the journal

    @property
    def policy(self) -> ReleasePolicy:
        """The policy itself."""
        return self.loaded.policy

    @property
    def journal_path(self) -> Path:
        """Where the journal lies."""
        return self.folder / "journal.ndjson"

    @property
    def headline(self) -> str:
        """Policy, targets and seed in one line."""
        targets = ", ".join(f"{name} at {target.uri}" for name, target in self._configs.items())
        return f"sea trial: {self.loaded.name} · {targets} · seed {self.seed} · {self.folder}"

    def _open_journal(self) -> JournalWriter:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"the folder cannot be made ({error.strerror})",
                where=str(self.folder),
                hint="choose another with --out",
            ) from error
        header = {
            "run": self.run,
            "created": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "seatrial": seatrial.__version__,
        }
        if self.worker is None and self.journal_path.exists():
            raise UsageError(
                "there is a journal already: a run never continues another",
                where=str(self.journal_path),
                hint="choose another folder with --trial-out",
            )
        journal = JournalWriter(
            self.journal_path, self._clock, header, redact=self._redactor.redact, worker=self.worker
        )
        if self.worker is None:
            journal.write("run", **self._facts())
        return journal

    def _clock(self) -> float:
        return time.monotonic() - self.began

    def _facts(self) -> dict[str, Any]:
        return {
            "policy": effective.facts(self.loaded),
            "seed": self.seed,
            "suites": self.config.getoption("trial_suite"),
            "continues": self._earlier.run if self._earlier else None,
            "whole": self.config.getoption("trial_whole"),
            **asked_by(self.config),
            "environment": environment.facts(),
            "plan": plan.facts(self.loaded),
        }

    def record(self, event: str, **fields: Any) -> None:
        """Write one event, and tell plugins that listen."""
        self._journal.write(event, **fields)
        self.config.hook.pytest_seatrial_event(event=event, fields=fields)

    # ---- what tests ask for

    @property
    def objective_names(self) -> list[str]:
        """Objectives of the policy, in its order."""
        return list(self._objectives)

    @property
    def target_names(self) -> list[str]:
        """Targets of the policy, in its order."""
        return list(self._configs)

    def objective(self, name: str) -> Objective:
        """The objective called *name*.

        Raises:
            UsageError: there is none.
        """
        objective: Objective = _named(self._objectives, name, "objective")
        return objective

    def target(self, name: str | None = None) -> Target:
        """The target called *name*; the policy's only or first one where no name is given.

        Raises:
            UsageError: there is none.
        """
        config = _named(self._configs, name or next(iter(self._configs), ""), "target")
        if config.name not in self._targets:
            self._targets[config.name] = Target(config, on_exchange=self._sent)
        return self._targets[config.name]

    def traffic(self, name: str) -> Traffic:
        """The traffic called *name*, the same one for all tests of the session.

        Raises:
            UsageError: there is none.
        """
        if name not in self._traffics:
            objectives = [objective for objective in self._objectives.values() if objective.traffic == name]
            self._traffics[name] = from_policy.traffic(
                self.loaded,
                name,
                self._configs,
                seed=self.seed,
                record=self.told,
                objectives=objectives,
                folder=self.folder,
            )
            if self._earlier:
                self._earlier.hand_on(self._traffics[name])
        return self._traffics[name]

    def stream(self, objective: Objective) -> Stream:
        """What an objective of the policy is judged on: its traffic, or its recorded exchanges."""
        if objective.traffic is not None:
            return self.traffic(objective.traffic)
        return from_policy.recorded(self.loaded, objective.name, self.told)

    def critical(self, name: str) -> bool:
        """Whether the policy ends the trial where this objective fails."""
        return any(spec.critical for spec in self.loaded.spec.objectives if spec.name == name)

    @property
    def checklists(self) -> list[Path]:
        """The checklists that the policy demands."""
        return list(self._controls.demands)

    def demand(self, checklist: Path) -> Demand:
        """Which controls of a checklist are demanded; all of one that the policy does not name."""
        return self._controls.demands.get(checklist.resolve(), "all")

    def judge_control(self, control: Control) -> None:
        """Judge a control on what the trial has shown up to now, for the running test."""
        assert self._current is not None
        found = self._controls.judge(control, read_journal(self.journal_path).events)
        self._current.ruling = found.counts_as, found.reason
        self.record("control", **found.to_dict(control), item=self._current.id)

    def _sent(self, exchange: Exchange) -> None:
        if self._current is not None:
            self._current.sent(exchange)
        else:
            self._probes.append(exchange)

    def told(self, event: str, **fields: Any) -> None:
        """An event of a traffic; the verdicts among them belong to the running test."""
        if event == "exchanges" and self._current is not None:
            self._current.exchanges += len(fields["intended"])
        if event == "verdict" and self._current is not None:
            verdict = Verdict.from_dict(fields["verdict"])
            self._current.verdicts.append(verdict)
            fields["item"] = self._current.id
            self.lines.append(verdict_line(fields["objective"], verdict))
        self.record(event, **fields)

    # ---- what the session tells

    def concerns(self, item: pytest.Item) -> bool:
        """Whether a test is part of the trial."""
        from seatrial.pytest.fixtures import NAMES

        names = getattr(item, "fixturenames", ())
        return item.nodeid.startswith(ROOT) or not NAMES.isdisjoint(names) or hasattr(item, "control")

    def collected(self, items: Sequence[pytest.Item]) -> None:
        """What is going to be checked."""
        self.record("collected", items=[ItemRecord.of(item).head() for item in items])

    def begin(self, item: pytest.Item) -> None:
        """A test starts; before the first one the targets' identity is taken."""
        self.resilience.open()
        if "before" not in self._identity:
            self.identify("before")
        self._current = self.records[item.nodeid] = ItemRecord.of(item)

    def judge(self, item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
        """A phase of a test is over; its outcome may be worse than pytest's."""
        record = self.records.get(item.nodeid)
        if record is not None:
            outcome_of(record, call, report)

    def end(self, item: pytest.Item) -> ItemRecord | None:
        """A test is over; its record, where it ran."""
        record, self._current = self._current, None
        if record is None:
            return None
        for exchange in record.shown():
            self.record(
                "exchange",
                index=exchange["index"],
                traffic=None,
                item=record.id,
                why=record.reason,
                exchange=exchange,
            )
        self.record("item", **record.head(), **record.result())
        return record

    def identify(self, when: str) -> None:
        """Take the identity of every target.

        Raises:
            UsageError: a target cannot be reached at all, or speaks another protocol.
        """
        if when == "after" and "before" not in self._identity:
            return
        taken: dict[str, Any] = {}
        for number, (name, config) in enumerate(self._configs.items()):
            self._probes = []
            facts = taken[name] = fingerprint.sample(self.target(name))
            if when == "before":
                where = self.loaded.origin("spec", "targets", number, "uri")
                preflight.check(config, self._probes, str(where))
                if self._earlier:
                    self._earlier.same_target(name, facts)
            before = self._identity.get("before", {}).get(name)
            self.record(
                "fingerprint",
                when=when,
                target=name,
                uri=fingerprint.public_uri(config.uri),
                protocol=config.protocol,
                digest=fingerprint.digest(facts),
                facts=facts,
                changed=fingerprint.diff(before, facts) if before is not None else [],
                on_change=self.loaded.target(name).identity.onChange,
            )
        self._identity[when] = taken

    def trouble(self, error: SeatrialError) -> None:
        """Harness trouble, or a target that cannot be tried as configured."""
        kind = "usage" if isinstance(error, UsageError) else "harness"
        self.record("error", kind=kind, where=error.where, what=error.what, hint=error.hint)

    def finish(self, session: pytest.Session) -> None:
        """The run's last event."""
        if self.worker is not None or session.config.option.collectonly:
            return
        if self.interrupted:
            self.record(
                "error",
                kind="interrupted",
                where=None,
                what="the run was interrupted",
                hint="run it again to certify",
            )
        events = read_journal(self.journal_path).events
        decision = decide_events(events)
        self.record(
            "finish",
            outcome=decision.outcome.value,
            exit_code=int(decision.exit_code),
            reasons=list(decision.reasons),
            counts=decision.counts,
            **spent(events),
            seconds=round(self._clock(), 3),
        )
        self.lines.append(total_line(decision))

    def close(self) -> None:
        """Give connections, loops and the journal back."""
        for traffic in self._traffics.values():
            traffic.close()
        for target in self._targets.values():
            target.close()
        self._journal.close()

    def workerinput(self) -> dict[str, Any]:
        """What a pytest-xdist worker must know to write to the same journal."""
        return {
            "trial_run": self.run,
            "trial_folder": os.fspath(self.folder),
            "trial_seed": self.seed,
            "trial_began": self.began,
        }


def _named(known: dict[str, Any], name: str, what: str) -> Any:
    if name in known:
        return known[name]
    raise UsageError(
        f"the policy has no {what} called {name!r}", hint=f"it has: {', '.join(known) or 'none'}"
    )
