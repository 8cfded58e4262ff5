"""`seatrial certify`: every exit code, every file, and every way to end badly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest

from seatrial.certificate.keys import keygen
from seatrial.core.journal import read_journal
from tests.cli.conftest import Seatrial

Policy = Callable[..., Path]
FILES = {
    "journal.ndjson",
    "report.html",
    "junit.xml",
    "summary.md",
    "certificate.intoto.json",
    "seatrial.pub",
    "pytest.log",
}


def test_0_a_healthy_system_is_certified(
    seatrial: Seatrial, policy: Policy, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(home / "page.md"))
    # Nothing of the user's own pytest configuration counts.
    (home / "pytest.ini").write_text("[pytest]\naddopts = --collect-only -k nothing\n", "utf-8")
    (home / "conftest.py").write_text("raise RuntimeError\n", "utf-8")
    file = policy()
    done = seatrial("certify", "--policy", file, "--seed", 7)
    assert done.exit_code == 0, done.output
    run = (home / "runs" / "latest").resolve()
    assert {path.name for path in run.iterdir()} == FILES
    journal = read_journal(run / "journal.ndjson")
    assert journal.complete
    assert journal.header["run"] == run.name
    assert (journal.first("run") or {})["seed"] == 7
    assert Tree.parse(run / "junit.xml").getroot().tag == "testsuites"
    assert (home / "page.md").read_text("utf-8") == (run / "summary.md").read_text("utf-8") + "\n"
    assert "made a key to sign with" in done.output
    told = next(line for line in done.output.splitlines() if line.startswith("verify with"))
    secret = os.environ["TEST_BOT_KEY"].encode()
    assert [path.name for path in run.iterdir() if secret in path.read_bytes()] == []
    verified = seatrial(*told.removeprefix("verify with").split()[1:])
    assert verified.exit_code == 0, verified.output


def test_1_a_broken_objective_is_rejected_with_a_certificate_that_says_so(
    seatrial: Seatrial, policy: Policy, home: Path
) -> None:
    pair = keygen(home / "own.key")
    wordy = "{name: wordy, traffic: steady, indicator: output_tokens, op: gte, value: 1000, target: 95%}"
    file = policy(more=wordy)
    done = seatrial("certify", "--policy", file, "--out", home / "out", "--key", pair.private)
    assert done.exit_code == 1, done.output
    assert "✕ wordy failed" in done.output
    assert "it certifies nothing" in done.output
    assert "verify with" not in done.output
    refused = seatrial(
        "verify", home / "out" / "certificate.intoto.json", "--policy", file, "--key", pair.public
    )
    assert refused.exit_code == 1
    assert "not certified: FAILED" in refused.stderr
    assert not (home / "runs").exists()


def test_2_too_small_a_budget_proves_nothing(seatrial: Seatrial, policy: Policy) -> None:
    done = seatrial("certify", "--policy", policy(budget="{requests: 9}"))
    assert done.exit_code == 2, done.output
    assert "? latency-p95" in done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Missing option '--policy'"),
        (("--policy", "nowhere.yaml"), "there is no such policy"),
        (("--policy", "not.yaml"), "not.yaml:1"),
        (("--policy", "tiers/basic"), "names no target"),
        (("--policy", "policy.yaml", "--target", "ftp://x"), "no http or https address"),
        (("--policy", "policy.yaml", "--target", "https://no.such.invalid/v1"), "does not resolve"),
        (("--policy", "policy.yaml", "--key", "nowhere.key"), "key file cannot be read"),
        (("--policy", "policy.yaml", "--suite", "slaa"), "did you mean 'sla'"),
        (("--policy", "policy.yaml", "--seed", "minus"), "--seed"),
        (("--policy", "policy.yaml", "--out", "not.yaml"), "a run needs a folder"),
    ],
)
def test_3_what_cannot_be_done_is_told_before_the_first_request(
    seatrial: Seatrial, policy: Policy, home: Path, words: tuple[str, ...], told: str
) -> None:
    policy()
    (home / "not.yaml").write_text("{{{ : no", "utf-8")
    done = seatrial("certify", *words)
    assert done.exit_code == 3, done.output
    assert told in done.stderr
    assert "Traceback" not in done.output
    assert not list(home.glob("runs/*"))


def test_3_an_unreachable_target(seatrial: Seatrial, policy: Policy, home: Path) -> None:
    done = seatrial("certify", "--policy", policy("http://127.0.0.1:9/v1"))
    assert done.exit_code == 3
    assert "cannot be reached" in done.stderr
    assert "policy.yaml:6" in done.stderr
    assert not (home / "runs").exists()


def test_3_an_unset_variable(seatrial: Seatrial, policy: Policy, monkeypatch: pytest.MonkeyPatch) -> None:
    file = policy()
    monkeypatch.delenv("TEST_BOT_KEY")
    done = seatrial("certify", "--policy", file)
    assert done.exit_code == 3
    assert "TEST_BOT_KEY" in done.stderr


def test_the_target_can_be_named_on_the_command_line(seatrial: Seatrial, policy: Policy) -> None:
    file = policy()
    uri = file.read_text("utf-8").split('uri: "')[1].split('"')[0]
    file.write_text(file.read_text("utf-8").replace(uri, "http://127.0.0.1:9/v1"), "utf-8")
    assert seatrial("certify", "--policy", file).exit_code == 3
    done = seatrial("certify", "--policy", file, "--target", uri)
    assert done.exit_code == 0, done.output


def start(file: Path, out: Path, prepare: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "seatrial", "certify", "--policy", str(file), "--out", str(out)]
    pipe = subprocess.PIPE
    # This process has no threads that hold a lock while it forks. Python may leave a module's compiled file
    # cut off where a file must not grow, and would stumble over it ever after: none is written.
    return subprocess.Popen(
        command,
        stdout=pipe,
        stderr=pipe,
        text=True,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=prepare,  # noqa: PLW1509
    )


def await_event(journal: Path, event: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if journal.exists() and f'"event":"{event}"' in journal.read_text("utf-8"):
            return
        time.sleep(0.02)
    raise AssertionError(f"no event {event!r} within 30 s")


ENDLESS = {"budget": "{requests: 1000000, duration: 1h}", "target": "99.99%"}


def in_the_background() -> None:
    """A script's background job ignores SIGINT, and what it starts inherits that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize(
    ("number", "prepare"),
    [(signal.SIGINT, None), (signal.SIGTERM, None), (signal.SIGINT, in_the_background)],
    ids=["SIGINT", "SIGTERM", "SIGINT-in-the-background"],
)
def test_4_interrupted_in_the_middle(
    policy: Policy, home: Path, number: signal.Signals, prepare: Callable[[], None] | None
) -> None:
    process = start(policy(**ENDLESS), home / "out", prepare)
    await_event(home / "out" / "journal.ndjson", "exchanges")
    process.send_signal(number)
    out, said = process.communicate(timeout=40)
    assert process.returncode == 4, said
    assert "interrupted" in said
    assert "Traceback" not in said + out
    journal = read_journal(home / "out" / "journal.ndjson")
    assert not journal.torn
    assert (journal.last("finish") or {}).get("outcome") != "PASSED"
    assert not (home / "out" / "certificate.intoto.json").exists()
    assert "Certified" not in (home / "out" / "summary.md").read_text("utf-8")


def test_4_a_child_that_is_killed(policy: Policy, home: Path) -> None:
    process = start(policy(**ENDLESS), home / "out")
    await_event(home / "out" / "journal.ndjson", "exchanges")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("utf-8").split()
    assert len(children) == 1
    os.kill(int(children[0]), signal.SIGKILL)
    _, said = process.communicate(timeout=40)
    assert process.returncode == 4, said
    assert "killed by signal 9" in said
    assert not (home / "out" / "certificate.intoto.json").exists()
    assert not read_journal(home / "out" / "journal.ndjson").complete


def test_4_the_command_itself_is_killed(policy: Policy, home: Path) -> None:
    process = start(policy(**ENDLESS), home / "out")
    await_event(home / "out" / "journal.ndjson", "exchanges")
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("utf-8").split()
    process.kill()
    process.communicate(timeout=40)
    await_event(home / "out" / "journal.ndjson", "finish")
    assert gone(child), "nobody follows it: it stops, too"
    journal = read_journal(home / "out" / "journal.ndjson")
    assert "interrupted" in (journal.last("error") or {})["what"]
    assert (journal.last("finish") or {})["outcome"] == "ERROR"
    assert not (home / "out" / "certificate.intoto.json").exists()


def gone(process: str) -> bool:
    """Whether a process ends within a while."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        status = Path(f"/proc/{process}/stat")
        if not status.exists() or ") Z" in status.read_text("utf-8"):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.root
def test_4_a_full_disk(policy: Policy, home: Path) -> None:
    out = home / "small"
    out.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        process = start(policy(**ENDLESS), out)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 4, said
        assert "no space left" in said
        assert "--out" in said
        assert "Traceback" not in said
        assert not (out / "certificate.intoto.json").exists()
        lines = (out / "journal.ndjson").read_text("utf-8").splitlines()
        assert all(json.loads(line)["event"] for line in lines[:-1])
    finally:
        subprocess.run(["umount", str(out)], check=True)


def test_4_a_file_size_limit_is_a_full_disk_too(policy: Policy, home: Path) -> None:
    import resource

    process = start(
        policy(**ENDLESS),
        home / "out",
        lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000)),
    )
    printed, said = process.communicate(timeout=60)
    assert process.returncode == 4, said
    assert "File too large" in said + printed
    assert not (home / "out" / "certificate.intoto.json").exists()


def evidence(out: Path) -> int:
    """Requests behind the verdict on latency-p95 of the run in *out*."""
    verdicts = read_journal(out / "journal.ndjson").all("verdict")
    return next(
        int(event["verdict"]["n"]) for event in verdicts if event["objective"]["name"] == "latency-p95"
    )


def test_a_retry_goes_on_with_the_evidence_there_is(seatrial: Seatrial, policy: Policy, home: Path) -> None:
    file, out = policy(budget="{requests: 9}"), home / "out"
    assert seatrial("certify", "--policy", file, "--out", out).exit_code == 2
    assert evidence(out) == 9
    again = seatrial("certify", "--policy", file, "--out", out, "--continue", out)
    assert again.exit_code == 2, again.output
    assert evidence(out) == 18
    assert evidence(next(out.glob("earlier-*"))) == 9
