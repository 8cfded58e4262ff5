"""`seatrial load`: our engine in one process and in several."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.systems.runner import System
from tests.cli.conftest import Seatrial
from tests.cli.loads import Policy, accounted, columns, endless, journal, locustfile, sent, verdicts


@pytest.mark.parametrize("words", [("--traffic", "closed"), ("--traffic", "open", "--processes", "2")])
def test_a_healthy_system_under_load(
    seatrial: Seatrial, load_policy: Policy, home: Path, words: tuple[str, ...]
) -> None:
    done = seatrial("load", "--policy", load_policy(), "--out", "run", *words)
    assert done.exit_code == 0, done.output
    found = journal(home / "run")
    assert found.complete
    assert accounted(found)["outcome"] == "PASSED"
    assert {verdict["outcome"] for verdict in verdicts(found).values()} == {"PASSED"}
    assert (home / "run" / "report.html").exists()
    assert "served" in done.output
    assert (found.first("run") or {})["purpose"] == "load"
    assert "\nHeld. " in done.output
    assert "Certified" not in done.output + (home / "run" / "summary.md").read_text("utf-8")


def test_one_that_is_too_slow_is_rejected(seatrial: Seatrial, load_policy: Policy, home: Path) -> None:
    done = seatrial("load", "--policy", load_policy(limit="1ms"), "--traffic", "closed", "--out", "run")
    assert done.exit_code == 1, done.output
    assert verdicts(journal(home / "run"))["quick-closed"]["outcome"] == "FAILED"


def test_to_the_end_with_every_exchange_as_parquet(
    seatrial: Seatrial, load_policy: Policy, home: Path
) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    budget = "{requests: 600, duration: 15s}"
    words = ("--traffic", "open", "--to-the-end", "--parquet", "--out", "run")
    done = seatrial("load", "--policy", load_policy(budget), *words)
    assert done.exit_code == 0, done.output
    rows = pq.read_table(home / "run" / "exchanges-open.parquet")
    assert rows.num_rows == sent(journal(home / "run")) == 600


def test_a_retry_goes_on_with_the_evidence_of_the_run_before(
    seatrial: Seatrial, load_policy: Policy, home: Path
) -> None:
    words = ("load", "--policy", load_policy("{requests: 60, duration: 15s}"), "--traffic", "open")
    assert seatrial(*words, "--out", "run").exit_code == 2
    # The folder of the run before serves for the next one too: what it held is moved aside.
    done = seatrial(*words, "--out", "run", "--continue", "run", "--processes", "2", "--parquet")
    found = journal(home / "run")
    continued = [event for event in found.all("exchanges") if event.get("continued")]
    assert sum(len(event["intended"]) for event in continued) == 60
    assert found.first("run")["continues"]  # type: ignore[index]
    assert done.exit_code in (0, 2), done.output
    assert 60 < verdicts(found)["up-open"]["n"] <= 120
    assert columns(found, "intended") == sorted(columns(found, "intended"))
    pq = pytest.importorskip("pyarrow.parquet")
    rows = pq.read_table(home / "run" / "exchanges-open.parquet")
    assert rows["prompt"].to_pylist() == columns(found, "prompt")
    assert min(columns(found, "prompt")) >= 0
    users = (*words, "--out", "run", "--continue", "run", "--locust", locustfile("chat"))
    refused = seatrial(*users)
    assert refused.exit_code == 3
    assert "was sent by our own engine, and now it is not" in refused.stderr
    assert "drop --continue from its workers" in seatrial(*users, "--master", "here", "--worker").stderr


def test_two_runs_of_several_processes_pair_prompt_by_prompt(
    seatrial: Seatrial, load_policy: Policy, home: Path
) -> None:
    path = load_policy("{requests: 150, duration: 15s}")
    words = ("load", "--policy", path, "--traffic", "open", "--to-the-end")
    for name in ("one", "two"):
        seatrial(*words, "--processes", "2", "--out", name)
    told = json.loads(seatrial("compare", "one", "two", "--any-baseline", "--json").stdout)
    pairs = {line["name"]: line["pairs"] for line in told["lines"]}
    assert pairs["open: median latency"] >= 100
    file = home / "two" / "journal.ndjson"
    file.write_text(file.read_text("utf-8").replace('"prompt":', '"other":'), "utf-8")
    told = json.loads(seatrial("compare", "one", "two", "--any-baseline", "--json").stdout)
    assert {line["pairs"] for line in told["lines"]} == {None}


def test_4_a_full_disk_ends_it_and_leaves_no_process(load_policy: Policy, home: Path) -> None:
    """A file that cannot grow beyond 24 KiB stands for the disk."""
    path = endless(load_policy("{requests: 100000, duration: 1h}"))
    words = ["--policy", str(path), "--out", "run", "--traffic", "open", "--processes", "2"]
    command = [sys.executable, "-m", "seatrial", "load", *words]
    limited = ["bash", "-c", 'ulimit -f 24 && exec "$0" "$@"', *command]
    done = subprocess.run(limited, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "the journal cannot be written" in done.stderr
    found = journal(home / "run")
    assert not found.complete, "what was written is there, and certifies nothing"
    assert set(_here(home)) <= {str(os.getpid())}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_4_interrupted_also_in_the_background_of_a_script(
    load_policy: Policy, home: Path, number: signal.Signals
) -> None:
    path = endless(load_policy("{requests: 100000, duration: 1h}"))
    command = [sys.executable, "-m", "seatrial", "load", "--policy", str(path), "--out", "run"]
    pipe = subprocess.PIPE
    ignoring = ["bash", "-c", 'trap "" INT; exec "$0" "$@"', *command, "--traffic", "closed"]
    with subprocess.Popen(ignoring, stdout=pipe, stderr=pipe, text=True) as process:
        deadline = time.monotonic() + 30
        while '"event":"exchanges"' not in _written(home / "run" / "journal.ndjson"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        _, said = process.communicate(timeout=40)
    assert process.returncode == 4, said
    assert "nothing is proven; go on with --continue " in said
    assert "Traceback" not in said
    found = journal(home / "run")
    assert found.complete
    assert (home / "run" / "summary.md").read_text("utf-8").startswith("## ‼ Not finished.")


def _written(file: Path) -> str:
    return file.read_text("utf-8") if file.exists() else ""


def _here(folder: Path) -> Iterator[str]:
    """Processes that work in a folder."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if (process / "cwd").readlink() == folder:
                yield process.name


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "several traffics"),
        (("--traffic", "none"), "none"),
        (("--traffic", "closed", "--processes", "2"), "cannot be sent by several processes"),
        (("--traffic", "open", "--master", "here:1"), "--master is for Locust"),
        (("--traffic", "open", "--worker"), "a worker needs its locustfile"),
    ],
)
def test_3_what_cannot_be_done_is_told_before_the_first_request(
    seatrial: Seatrial, load_policy: Policy, home: Path, words: tuple[str, ...], told: str
) -> None:
    done = seatrial("load", "--policy", load_policy(), *words)
    assert done.exit_code == 3, done.output
    assert told in done.stderr
    assert not (home / "runs").exists()


def test_the_events_are_json_without_a_secret(
    seatrial: Seatrial, load_policy: Policy, home: Path, reference: System
) -> None:
    seatrial(
        "load", "--policy", load_policy("{requests: 40, duration: 15s}"), "--traffic", "open", "--out", "run"
    )
    text = (home / "run" / "journal.ndjson").read_text("utf-8")
    assert reference.api_key
    assert reference.api_key not in text
    assert all(json.loads(line)["event"] for line in text.splitlines())
