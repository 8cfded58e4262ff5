"""`seatrial gameday`: the bundled one against the real reference gateway, and every way out."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from seatrial.bundled import bundled
from seatrial.core.journal import read_journal
from seatrial.systems.runner import System
from tests.cli.conftest import Seatrial

SMALL = """\
apiVersion: seatrial/v1alpha1
kind: GameDay
metadata: {{name: small}}
spec:
  roles: {{operator: Bo Chen}}
  dependencies: [{{name: primary, upstream: "{upstream}"}}]
  target: {{uri: "{uri}", model: small, apiKey: "${{env:TEST_BOT_KEY}}"}}
  traffic: {{rate: 40, max_tokens: 4}}
  consecutive: 5
  signals: [{{name: pager, webhook: {{}}}}]
  steps:
{steps}
"""


@pytest.fixture
def small(home: Path, reference: System, monkeypatch: pytest.MonkeyPatch) -> Any:
    """``small(steps)``: a game day whose traffic goes straight to the gateway; nobody meets its faults."""
    monkeypatch.setenv("TEST_BOT_KEY", reference.api_key or "")

    def make(*steps: str) -> Path:
        text = "\n".join(f"    - {step}" for step in steps)
        file = home / "small.gameday.yaml"
        file.write_text(SMALL.format(uri=reference.uri, upstream="127.0.0.1:9", steps=text), "utf-8")
        return file

    return make


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    return list(read_journal(folder / "journal.ndjson").all(kind))


def test_the_bundled_game_day_against_the_real_gateway(seatrial: Seatrial, home: Path) -> None:
    """The gateway falls back, its breaker opens and closes again: seen on its own metrics page."""
    done = seatrial("gameday", "provider-outage", "--yes", "--out", home / "day", "--seed", 7)
    assert done.exit_code == 0, done.output
    assert "As expected. Every expectation of the game day was met." in done.output
    fault = events(home / "day", "fault")
    assert [event["phase"] for event in fault] == ["injected", "reverted"]
    assert fault[1]["hits"] > 0, "the witness: connections that the proxy refused"
    outcomes = {event["id"]: event["outcome"] for event in events(home / "day", "item")}
    assert len(outcomes) == 7
    assert set(outcomes.values()) == {"PASSED"}
    judged = [event for event in events(home / "day", "signal") if event["phase"] == "met"]
    assert [event["name"] for event in judged] == ["fallback-in-use", "breaker-open", "breaker-open"]
    assert all(event["delay"] >= 0 for event in judged)
    draft = (home / "day" / "postmortem.md").read_text("utf-8")
    assert "| primary-down: down on primary |" in draft
    assert "? What did we believe before" in draft
    page = (home / "day" / "report.html").read_text("utf-8")
    assert "Report of a game day" in page
    assert "Certified" not in page
    assert re.search(r"primary-down: acted [\d,]+ times", page), "in the chart, with its witness"


@pytest.mark.parametrize(
    ("defect", "red"),
    [
        ("breaker-never-opens", "06-breaker-open-fires"),
        ("fallback-missing", "07-checkpoint"),
    ],
)
def test_a_broken_gateway_is_found_out(seatrial: Seatrial, home: Path, defect: str, red: str) -> None:
    """The bundled game day with less patience, on a gateway that is broken."""
    text = (bundled("scenarios") / "provider-outage.gameday.yaml").read_text("utf-8")
    text = text.replace("within: 10s", "within: 3s").replace("rto: 10s", "rto: 3s")
    text = text.replace("      arguments:\n", f"      arguments:\n        - --defect\n        - {defect}\n")
    text = text.replace("state: quiet, within: 20s", "state: quiet, within: 1s")
    text = text.replace("error_rate: 50%", "error_rate: 99%, least: 10000")
    (home / "broken.gameday.yaml").write_text(text, "utf-8")
    done = seatrial("gameday", home / "broken.gameday.yaml", "--yes", "--out", home / "day")
    assert done.exit_code == 1, done.output
    failed = {event["id"] for event in events(home / "day", "item") if event["outcome"] == "FAILED"}
    assert f"provider-outage::{red}" in failed
    assert "- [ ] " in (home / "day" / "postmortem.md").read_text("utf-8")


def test_an_expectation_that_is_not_met_rejects(seatrial: Seatrial, small: Any, home: Path) -> None:
    file = small("{inject: {on: primary, toxic: latency}}", "{expect: {signal: pager, within: 200ms}}")
    done = seatrial("gameday", file, "--yes", "--out", home / "day")
    assert done.exit_code == 1, done.output
    assert "✕ pager fires in time: did not fire within 200 ms" in done.output


def test_a_fault_that_nobody_meets_is_not_proven(seatrial: Seatrial, small: Any, home: Path) -> None:
    done = seatrial("gameday", small("{inject: {on: primary, toxic: down}}"), "--yes", "--out", home / "day")
    assert done.exit_code == 2, done.output
    assert "it never acted" in done.output


def test_a_day_without_expectations_proves_nothing(seatrial: Seatrial, small: Any, home: Path) -> None:
    done = seatrial("gameday", small('{say: "hello"}'), "--yes", "--out", home / "day")
    assert done.exit_code == 2, done.output


def test_a_stop_condition_calls_it_off(seatrial: Seatrial, small: Any, home: Path) -> None:
    file = small("{inject: {on: primary, toxic: down}}", "{wait: 1h}")
    with file.open("a", encoding="utf-8") as more:
        more.write("  stopConditions: [{after: 1500ms}]\n")
    done = seatrial("gameday", file, "--yes", "--out", home / "day")
    assert done.exit_code == 4, done.output
    assert "Called off. A stop condition ended it: it took longer than 1.5 s." in done.output
    assert events(home / "day", "fault")[-1]["phase"] == "reverted"


def test_people_are_needed_where_the_script_asks_for_them(seatrial: Seatrial, small: Any, home: Path) -> None:
    done = seatrial("gameday", small("{pause: ready}"), "--out", home / "day")
    assert done.exit_code == 3
    assert "--yes" in done.stderr
    assert not (home / "day").exists()


def test_a_target_that_is_not_there_is_usage(seatrial: Seatrial, small: Any, home: Path) -> None:
    file = small('{say: "hello"}')
    text = re.sub(r'uri: "[^"]*"', 'uri: "http://127.0.0.1:1/v1"', file.read_text("utf-8"))
    file.write_text(text, "utf-8")
    done = seatrial("gameday", file, "--yes", "--out", home / "day")
    assert done.exit_code == 3, done.output
    assert "gives no answer" in done.stderr
    assert events(home / "day", "fault") == []


def test_the_script_can_be_looked_at(seatrial: Seatrial, home: Path) -> None:
    done = seatrial("gameday", "provider-outage", "--check")
    assert done.exit_code == 0
    assert "  4  inject     operator: inject down on primary" in done.output
    assert not (home / "runs").exists()


def test_no_secret_reaches_a_file_or_the_screen(
    seatrial: Seatrial, small: Any, home: Path, reference: System
) -> None:
    key = reference.api_key or ""
    file = small(f'{{say: "the key is {key}"}}', "{checkpoint: {within: 10s}}")
    done = seatrial("gameday", file, "--yes", "--out", home / "day")
    assert done.exit_code == 0, done.output
    assert key not in done.output
    for written in (home / "day").iterdir():
        assert key not in written.read_text("utf-8"), written.name


POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {name: gateway}
spec:
  targets: [{name: gateway, uri: "http://127.0.0.1:1/v1", model: small}]
  dependencies: [{name: primary, listen: "127.0.0.1:9101", upstream: "127.0.0.1:9001"}]
  traffic:
    - {name: steady, concurrency: 4, stream: true, max_tokens: 8, budget: {requests: 4000, duration: 8s}}
  resilience:
    - name: provider-errors
      inject: [{on: primary, toxic: http.status, attributes: {status: 500}}]
      during: [{indicator: availability, target: 80%}]
      min_duration: 500ms
      recovery: {rto: 10s, consecutive: 10}
"""
SCENARIO = """\
apiVersion: seatrial/v1alpha1
kind: GameDay
metadata: {name: scenario}
spec:
  policy: gateway.yaml
  systems:
    - {name: provider, recipe: reference, env: {SEATRIAL_REFERENCE_KEYS: ""}}
    - {name: gateway, recipe: reference, arguments: [--upstream, "primary=http://{primary.address}/v1"]}
  dependencies: [{name: primary, upstream: "{provider.address}"}]
  target: {system: gateway, name: gateway}
  steps: [{name: errors, run: provider-errors}]
"""


def test_a_scenario_of_the_policy_runs_inside(seatrial: Seatrial, home: Path) -> None:
    """With the policy's own traffic, on the game day's own addresses."""
    (home / "gateway.yaml").write_text(POLICY, "utf-8")
    (home / "scenario.gameday.yaml").write_text(SCENARIO, "utf-8")
    done = seatrial("gameday", home / "scenario.gameday.yaml", "--yes", "--out", home / "day")
    (item,) = events(home / "day", "item")
    assert item["title"] == "scenario provider-errors"
    assert (done.exit_code, item["outcome"]) == (0, "PASSED"), item["reason"]
    fault = events(home / "day", "fault")[-1]
    assert (fault["phase"], fault["scenario"]) == ("reverted", "provider-errors")
    assert fault["hits"] > 0
    assert "acted" in (home / "day" / "postmortem.md").read_text("utf-8")


def test_a_scenario_is_called_off_with_the_day(home: Path) -> None:
    policy = POLICY.replace("duration: 8s", "duration: 1h").replace("500ms", "1h")
    (home / "gateway.yaml").write_text(policy, "utf-8")
    (home / "scenario.gameday.yaml").write_text(SCENARIO, "utf-8")
    child = ended(home / "scenario.gameday.yaml", home / "day", "http.status on primary is at work")
    assert child == 4
    assert [event["phase"] for event in events(home / "day", "fault")] == ["injected", "reverted"]


class Screen:
    """`seatrial gameday` on a terminal of its own."""

    def __init__(self, file: Path, out: Path) -> None:
        command = [sys.executable, "-m", "seatrial", "gameday", str(file), "--out", str(out)]
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:  # pragma: no cover - the child
            os.environ.update(TERM="xterm-256color", COLUMNS="90", LINES="28")
            os.execv(command[0], command)
        self.text = ""

    def until(self, words: str, seconds: float = 30.0) -> None:
        """Read until *words* were on the screen."""
        deadline = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < deadline, self.text[-2000:]
            ready, _, _ = select.select([self.terminal], [], [], 0.2)
            if ready:
                self.text += os.read(self.terminal, 65536).decode("utf-8", "replace")

    def press(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def end(self) -> int:
        """Its exit code."""
        while True:
            try:
                ready, _, _ = select.select([self.terminal], [], [], 30)
                if not ready or not (data := os.read(self.terminal, 65536)):
                    break
                self.text += data.decode("utf-8", "replace")
            except OSError:  # the other side is gone
                break
        _, status = os.waitpid(self.pid, 0)
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(status)


def test_people_press_keys_and_q_rolls_everything_back(small: Any, home: Path) -> None:
    steps = (
        "{pause: everybody is here, role: operator}",
        "{inject: {on: primary, toxic: down}}",
        '{observe: "What do you see?", role: operator}',
        "{wait: 1h}",
    )
    screen = Screen(small(*steps), home / "day")
    screen.until("step 1 of 4")
    screen.press("\x1b[A\r")
    screen.until("step 3 of 4")
    screen.press("Bo Chen saw q\r")
    screen.until("step 4 of 4")
    screen.press("nmy own note\r")
    screen.until("my own note    ")
    screen.press("q")
    assert screen.end() == 4
    assert "taken back, and read back: primary-down" in screen.text
    assert events(home / "day", "fault")[-1]["phase"] == "reverted"
    notes = [event["text"] for event in events(home / "day", "note")]
    assert notes == ["Bo Chen saw q", "my own note"]
    assert "Bo" not in (home / "day" / "postmortem.md").read_text("utf-8")


def ended(file: Path, out: Path, when: str, number: int = signal.SIGTERM) -> int:
    """The exit code of a game day that gets a signal as soon as it said *when*."""
    words = [sys.executable, "-m", "seatrial", "gameday", str(file), "--yes", "--out", str(out)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if when in line:
                child.send_signal(number)
                break
        child.stdout.read()
    return child.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_rolls_everything_back(small: Any, home: Path, number: int) -> None:
    file = small("{inject: {on: primary, toxic: down}}", "{wait: 1h}")
    assert ended(file, home / "day", "let the traffic flow", number) == 4
    assert events(home / "day", "fault")[-1]["phase"] == "reverted"
    journal = read_journal(home / "day" / "journal.ndjson")
    assert journal.complete
    assert json.dumps(journal.last("error")).count("called off by") == 1
