"""Runs an experiment by the stock ``chaos run`` in a process of its own, and judges it by what that has
written.

Switched off, as in every run of ours: the check for newer versions, and the user's own settings, which may
name controls, notifications and rollback strategies that nobody has reviewed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from seatrial.chaos.toolkit.connection import control
from seatrial.chaos.toolkit.experiment import Experiment
from seatrial.chaos.toolkit.judge import SECTION, Found, Ruling, judge, ruling_of
from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.journal import parse_event
from seatrial.core.outcome import Outcome
from seatrial.faults.client import DOWN, ControlClient

Tell = Callable[..., None]
Faults = set[tuple[str, str]]

clock = time.monotonic
POLL = 0.02
GRACE = 30.0
"""Seconds for an experiment to be rolled back once it was told to end."""
LAST_WORDS = 400  # characters of what chaostoolkit said, where it left no journal


@dataclass(frozen=True)
class Result:
    """What is known of an experiment that was run.

    Attributes:
        journal: chaostoolkit's, None where it left none.
        code: its exit code, which proves nothing.
        seconds: how long it took.
    """

    ruling: Ruling
    journal: dict[str, Any] | None
    code: int
    seconds: float

    @property
    def sent(self) -> int:
        """Requests that probes of ours have sent."""
        return int(((self.journal or {}).get(SECTION) or {}).get("requests") or 0)

    @property
    def requests(self) -> int:
        """Requests, or else looks at the system, that the ruling rests on."""
        if self.journal is None:
            return 0
        states = self.journal.get("steady_states") or {}
        probes = [
            run for state in (states.get("before"), states.get("after")) if state for run in state["probes"]
        ]
        probes += self.journal.get("run") or []
        seen = [run for run in probes if run["activity"].get("type") == "probe" and "output" in run]
        return self.sent or len(seen)


def run(
    experiment: Experiment,
    folder: Path,
    *,
    env: Mapping[str, str] | None = None,
    tell: Tell = lambda event, **fields: None,
    extra: tuple[str, ...] = (),
    began: float | None = None,
) -> Result:
    """Run *experiment* and judge it.

    Args:
        folder: for journal, log and events.
        env: the environment; ours where omitted.
        tell: told each event as it happens.
        extra: further options of ``chaos run``.
        began: monotonic clock at the start of the run that it is part of.

    Raises:
        UsageError: chaostoolkit is not installed.
        HarnessError: it cannot be started.
        KeyboardInterrupt: passed on, after the experiment was rolled back.
    """
    if find_spec("chaostoolkit") is None:
        raise UsageError("chaostoolkit is not installed", hint="pip install 'seatrial[chaos]'")
    folder.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    environment = {**(os.environ if env is None else env), "SEATRIAL_BEGAN": str(began or start)}
    api = _api(environment)
    before = _faults(api)
    left: list[str] = []
    try:
        with Child(experiment, folder, environment, extra) as child:
            late = child.follow(tell, experiment.extension.limit)
    finally:
        left += _clean_up(api, before)
    journal = _journal(folder / "journal.json")
    found = [(Outcome.ERROR, text) for text in left]
    if late:
        found.append((Outcome.ERROR, f"it took longer than its limit of {experiment.extension.limit:g} s"))
    ruling = _ruling(journal, experiment, found, child)
    return Result(ruling, journal, child.code, time.monotonic() - start)


def _ruling(
    journal: dict[str, Any] | None, experiment: Experiment, found: list[Found], child: Child
) -> Ruling:
    if journal is None:
        words = child.last_words()
        found.insert(0, (Outcome.ERROR, f"chaostoolkit left no journal (exit code {child.code}): {words}"))
        return ruling_of(found)
    judged = judge(journal, experiment.extension)
    if not found:
        return judged
    return ruling_of([*((judged.outcome, text) for text in judged.reasons), *found])


class Child:
    """``chaos run`` in a session of its own: Ctrl-C reaches it through us alone, and once."""

    def __init__(
        self, experiment: Experiment, folder: Path, env: Mapping[str, str], extra: tuple[str, ...]
    ) -> None:
        self._events = folder / "events.ndjson"
        self._output = folder / "output.txt"
        (folder / "settings.yaml").write_text("{}\n")
        for name in ("journal.json", "events.ndjson"):
            (folder / name).unlink(missing_ok=True)
        control_file = folder / "control.json"
        arguments = {"events": str(self._events)}
        provider = {"type": "python", "module": "seatrial.chaos.toolkit.controls", "arguments": arguments}
        control_file.write_text(json.dumps({"seatrial": {"provider": provider}}))
        alive, self._lifeline = os.pipe()
        command = [sys.executable, "-m", "seatrial.chaos.toolkit.launcher", str(alive)]
        command += ["--no-version-check", "--settings", str(folder / "settings.yaml")]
        command += ["--log-file", str(folder / "chaos.log"), "--log-file-level", "info", "run"]
        command += ["--journal-path", str(folder / "journal.json"), "--control-file", str(control_file)]
        command += ["--rollback-strategy", "always", *extra, str(experiment.path.resolve())]
        try:
            with self._output.open("wb") as output:
                self._process = subprocess.Popen(  # noqa: S603  our own interpreter, arguments as a list
                    command,
                    env=dict(env),
                    cwd=experiment.path.resolve().parent,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=(alive,),
                    start_new_session=True,
                )
        except OSError as error:
            os.close(self._lifeline)
            raise HarnessError(f"chaostoolkit cannot be started ({error.strerror})") from error
        finally:
            os.close(alive)
        self._read = 0

    @property
    def code(self) -> int:
        """The exit code, negative for a signal."""
        code = self._process.poll()
        return -1 if code is None else code

    def follow(self, tell: Tell, limit: float) -> bool:
        """Pass on its events until it ends; whether it had to be ended because it took too long."""
        deadline = clock() + limit
        while self._process.poll() is None:
            self._relay(tell)
            if clock() > deadline:
                self.end()
                self._relay(tell)
                return True
            time.sleep(POLL)
        self._relay(tell)
        return False

    def end(self) -> None:
        """Have it rolled back and ended; killed where that takes too long."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGUSR1)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE)
        with suppress(ProcessLookupError, PermissionError):  # nothing is left of the group
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def last_words(self) -> str:
        """The end of what it said."""
        lines = [
            line.strip() for line in self._output.read_text("utf-8", "replace").splitlines() if line.strip()
        ]
        return lines[-1][-LAST_WORDS:] if lines else "it said nothing"

    def _relay(self, tell: Tell) -> None:
        with suppress(FileNotFoundError):
            with self._events.open("rb") as file:
                file.seek(self._read)
                data = file.read()
            end = data.rfind(b"\n") + 1
            self._read += end
            for line in data[:end].splitlines():
                event = parse_event(line.decode("utf-8", "replace"))
                if event is not None and event["event"] != "journal":
                    event.pop("t", None)
                    tell(event.pop("event"), **event)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *error: object) -> None:
        try:
            self.end()
        finally:
            os.close(self._lifeline)


def summary(experiment: Experiment, result: Result) -> dict[str, Any]:
    """An experiment as our own journal tells it."""
    journal = result.journal or {}
    states = journal.get("steady_states") or {}
    return {
        "name": experiment.name,
        "title": experiment.title,
        "outcome": result.ruling.outcome.value,
        "reasons": list(result.ruling.reasons),
        "status": (journal.get(SECTION) or {}).get("status") or journal.get("status"),
        "deviated": journal.get("deviated"),
        "exit_code": result.code,
        "seconds": round(result.seconds, 3),
        "steady_before": (states.get("before") or {}).get("steady_state_met"),
        "steady_after": (states.get("after") or {}).get("steady_state_met"),
        "faults": (journal.get(SECTION) or {}).get("faults") or [],
        "activities": [_told(run, "method") for run in journal.get("run") or ()]
        + [_told(run, "rollback") for run in journal.get("rollbacks") or ()],
    }


def _told(run: dict[str, Any], part: str) -> dict[str, Any]:
    activity = run.get("activity") or {}
    return {
        "part": part,
        "kind": activity.get("type"),
        "name": activity.get("name"),
        "status": run.get("status"),
        "seconds": run.get("duration"),
        "output": run.get("output"),
    }


def _api(env: Mapping[str, str]) -> ControlClient:
    """The control API at which is cleaned up."""
    url = env.get("SEATRIAL_CONTROL_URL")
    return control({"toxiproxy_url": url} if url else None)


def _faults(api: ControlClient) -> Faults | None:
    """What is in force at the fault proxy; None where there is none."""
    try:
        proxies = api.proxies().values()
    except HarnessError:
        return None  # an experiment without one, or its own actions will tell
    down = {(proxy.name, DOWN) for proxy in proxies if not proxy.enabled}
    return down | {(proxy.name, toxic.name) for proxy in proxies for toxic in proxy.toxics}


def _clean_up(api: ControlClient, before: Faults | None) -> list[str]:
    """Take back what an experiment has left behind at the fault proxy, and tell it."""
    after = _faults(api)
    told: list[str] = []
    if before is None or after is None:
        return told
    for proxy, name in sorted(after - before):
        text = f"the experiment left the fault {name} on {proxy} behind"
        try:
            api.take_back(proxy, name)
        except HarnessError as error:
            told.append(f"{text}, and it cannot be taken back: {error.what}")
        else:
            told.append(f"{text}; it was taken back")
    return told


def _journal(path: Path) -> dict[str, Any] | None:
    try:
        read = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return read if isinstance(read, dict) else None
