"""Experiments of a ``*.experiment.yaml`` as test items, run by chaostoolkit and judged by its journal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seatrial.pytest.run import trial_of

if TYPE_CHECKING:
    from seatrial.chaos.toolkit.experiment import Experiment
    from seatrial.pytest.trial import TrialRun

FOLDER = "experiments"
"""Where the files of each experiment go, in the run's folder."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """An experiment becomes an item, in a session that has a trial."""
    if not file_path.name.endswith(".experiment.yaml") or trial_of(parent.config) is None:
        return None
    nodeid = f"seatrial/suites/scenarios/{file_path.name}" if _is_bundled(file_path) else None
    collector: pytest.Collector = ExperimentFile.from_parent(parent, path=file_path, nodeid=nodeid)
    return collector


def _is_bundled(path: Path) -> bool:
    from seatrial.bundled import bundled

    return path.resolve().is_relative_to(bundled("scenarios").resolve())


class ExperimentFile(pytest.File):
    """A file with an experiment."""

    def collect(self) -> Iterator[pytest.Item]:
        """The experiment, if it can be run as it stands."""
        from seatrial.chaos.toolkit.experiment import load
        from seatrial.core.errors import UsageError

        try:
            experiment = load(self.path)
        except UsageError as error:
            raise self.CollectError(str(error)) from error
        yield ExperimentItem.from_parent(self, name=experiment.name, experiment=experiment)


class ExperimentItem(pytest.Item):
    """One experiment.

    Attributes:
        experiment: what is run.
        fixturenames: it uses the trial, as a test with that fixture does.
    """

    def __init__(self, *, experiment: Experiment, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.experiment = experiment
        self.fixturenames = ("trial",)
        self.add_marker(pytest.mark.trial(title=experiment.title))

    def runtest(self) -> None:
        """Run it, and let the running test come to what its journal shows.

        Raises:
            HarnessError: something of ours went wrong, or of chaostoolkit: nothing was learnt of the target.
        """
        from seatrial.chaos.toolkit.runner import run, summary
        from seatrial.core.errors import HarnessError
        from seatrial.core.outcome import Outcome

        trial = trial_of(self.config)
        assert trial is not None
        folder = trial.folder / FOLDER / self.experiment.name
        result = run(self.experiment, folder, env=environment(trial), tell=trial.record, began=trial.began)
        record = trial.records[self.nodeid]
        record.exchanges += result.requests
        record.probes += result.sent
        place = str(folder.relative_to(trial.folder))
        trial.record("experiment", item=self.nodeid, folder=place, **summary(self.experiment, result))
        if result.ruling.outcome is Outcome.ERROR:
            raise HarnessError(result.ruling.reason, hint=f"chaostoolkit's journal and log are in {folder}")
        record.ruling = result.ruling.outcome, result.ruling.reason

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str | Any:
        """Trouble in words; a traceback through our own code would tell nobody anything."""
        from seatrial.core.errors import SeatrialError

        if isinstance(excinfo.value, SeatrialError):
            return f"ERROR: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands, and what it is called."""
        return self.path, None, f"{self.experiment.name} {self.experiment.title}"


def environment(trial: TrialRun) -> dict[str, str]:
    """Where an experiment finds the trial's target and fault proxy; what the user has set stays as it is."""
    from seatrial.chaos.toolkit.connection import KEY, SOURCES

    config = trial.target().config
    known = {
        "target_url": config.uri,
        "target_protocol": config.protocol,
        "target_model": config.model,
        "toxiproxy_url": trial.control_url,
    }
    found = {SOURCES[name][0]: value for name, value in known.items() if value}
    if config.api_key is not None:
        found[KEY] = config.api_key.reveal()
    return {**os.environ, **{name: value for name, value in found.items() if name not in os.environ}}
