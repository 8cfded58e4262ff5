"""``--trial-policy FILE``: makes a pytest session a trial, with a journal."""

from __future__ import annotations

import shlex
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from seatrial.pytest.judging import ItemRecord
    from seatrial.pytest.trial import TrialRun

TRIAL: pytest.StashKey[TrialRun] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our options."""
    group = parser.getgroup("sea trial", "sea trial: certify a deployed AI system")
    group.addoption("--trial-policy", metavar="FILE", help="release policy (YAML) to hold the targets to")
    group.addoption("--trial-target", metavar="URL", help="try this URL instead of the policy's target")
    group.addoption("--trial-out", metavar="DIR", help="folder for journal and reports (default: runs/<id>)")
    group.addoption(
        "--trial-seed",
        metavar="N",
        type=int,
        help="reproduces prompts' order and drawn inputs (default: drawn)",
    )
    group.addoption(
        "--trial-continue",
        metavar="JOURNAL",
        help="go on with the evidence of an earlier run of this policy on this target",
    )
    group.addoption(
        "--trial-whole",
        action="store_true",
        help="try all of the policy: what it demands and nothing exercises is not proven",
    )
    group.addoption("--trial-run", metavar="ID", help="id of the run (default: from the time)")
    group.addoption(
        "--trial-lifeline", metavar="FD", type=int, help="end the session when this pipe is closed"
    )
    group.addoption("--trial-command", metavar="TEXT", help="the command to print for reproducing the run")


def trial_of(config: pytest.Config) -> TrialRun | None:
    """The trial of this session, None where it is an ordinary session."""
    return config.stash.get(TRIAL, None)


def pytest_configure(config: pytest.Config) -> None:
    """Load the policy before anything is sent: a wrong one ends the session with a usage error."""
    if not config.getoption("trial_policy"):
        given = [
            name for name in ("trial_target", "trial_out", "trial_seed") if config.getoption(name) is not None
        ]
        if given:
            raise pytest.UsageError(f"--{given[0].replace('_', '-')} needs --trial-policy")
        return
    from seatrial.core.errors import SeatrialError
    from seatrial.pytest.trial import open_trial

    try:
        config.stash[TRIAL] = open_trial(config)
    except SeatrialError as error:
        raise pytest.UsageError(str(error)) from error
    config.pluginmanager.register(Recorder(config.stash[TRIAL]), "seatrial-recorder")
    if config.getoption("trial_lifeline") is not None:
        from seatrial.pytest.lifeline import hold

        hold(config.getoption("trial_lifeline"))
    if config.stash[TRIAL].is_controller:
        from seatrial.pytest.xdist import Distribution

        config.pluginmanager.register(Distribution(config.stash[TRIAL]), "seatrial-distribution")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Give back connections, loops and the journal."""
    trial = trial_of(config)
    if trial is not None:
        del config.stash[TRIAL]
        trial.close()


class Recorder:
    """Writes what happens in a session to the journal; registered only where there is a trial."""

    def __init__(self, trial: TrialRun) -> None:
        self.trial = trial

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Controls are judged last: other tests are their evidence."""
        items.sort(key=lambda item: hasattr(item, "control"))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """What is going to be checked."""
        if self.trial.worker in (None, "gw0") and not self.trial.is_controller:
            self.trial.collected([item for item in session.items if self.trial.concerns(item)])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Take the targets' identity once more when the tests are over."""
        try:
            result = yield
            if not session.config.option.collectonly:
                self.trial.identify("after")
        finally:
            self.trial.resilience.close()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Know which test is running, and tell its outcome once it is over."""
        if not self.trial.concerns(item):
            return (yield)
        from seatrial.core.errors import SeatrialError

        try:
            self.trial.begin(item)
            result = yield
            self._stop_if_critical(item, self.trial.end(item))
        except SeatrialError as error:
            self.trial.trouble(error)
            pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
        return result

    def _stop_if_critical(self, item: pytest.Item, record: ItemRecord | None) -> None:
        failed = record is not None and record.outcome == "FAILED" and record.objective
        if failed and self.trial.critical(str(failed)):
            item.session.shouldfail = f"the critical objective {failed} has failed"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Judge a test by what it measured, not only by whether it raised."""
        report = yield
        if self.trial.concerns(item):
            self.trial.judge(item, call, report)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: object) -> None:
        """pytest itself broke: the run certifies nothing."""
        from seatrial.core.errors import HarnessError

        self.trial.trouble(HarnessError(str(excrepr).strip().rsplit("\n", 1)[-1], where="pytest"))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Ctrl-C: nothing is certified. (`pytest.exit` comes here too, and tells its own reason.)"""
        self.trial.interrupted = excinfo.errisinstance(KeyboardInterrupt)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """The run's last event, and the reports."""
        self.trial.finish(session)


def folder_for(config: pytest.Config, run: str) -> Path:
    """Where a run's files go: ``--trial-out``, or ``runs/<id>`` where pytest was started."""
    out = config.getoption("trial_out")
    return Path(out).resolve() if out else config.invocation_params.dir / "runs" / run


def asked_by(config: pytest.Config) -> dict[str, str]:
    """What the run is for, and the command that was given, for whoever repeats it.

    `seatrial certify` and what is built on it tell theirs; all else is a session of pytest's, which makes no
    certificate.
    """
    told = config.getoption("trial_command")
    if told:
        return {"purpose": "certify", "command": told}
    return {
        "purpose": "session",
        "command": shlex.join(["pytest", *map(str, config.invocation_params.args)]),
    }
