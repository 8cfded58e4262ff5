"""`seatrial load` with arrivals that wait for answers, and with traces: what comes of it, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Seatrial
from tests.cli.loads import Policy, accounted, columns, journal, locustfile

CHATS = "".join(
    f'{{"time": {number * 0.02:.2f}, "session": "{number % 3}", "input_tokens": {25 + 30 * (number // 3)},'
    f' "output_tokens": {4 + number % 3}}}\n'
    for number in range(12)
)


def with_traffic(path: Path, traffic: str) -> Path:
    """The policy with one more traffic, and an objective on it."""
    text = path.read_text("utf-8").replace("  traffic:\n", f"  traffic:\n    - {{name: own, {traffic}}}\n")
    up = "{name: up-own, traffic: own, indicator: availability, target: 40%}"
    text = text.replace("  objectives:\n", f"  objectives:\n    - {up}\n").replace(
        "segments: 2", "segments: 1"
    )
    path.write_text(text.replace("min_duration: 1s", "min_duration: 10ms"), "utf-8")
    return path


def test_a_trace_of_conversations_on_a_real_gateway(
    seatrial: Seatrial, load_policy: Policy, home: Path
) -> None:
    (home / "chats.jsonl").write_text(CHATS, "utf-8")
    path = with_traffic(load_policy(), "warmup: 0, stream: true, arrivals: {kind: trace, file: chats.jsonl}")
    done = seatrial("load", "--policy", path, "--traffic", "own", "--to-the-end", "--out", "run")
    found = journal(home / "run")
    assert accounted(found)["reason"] == "12 sent, 12 received", done.output
    assert columns(found, "prompt") == list(range(12))
    assert columns(found, "error") == [None] * 12
    # The gateway counts tokens in its own way; what a turn was recorded to have it roughly has.
    given, made = zip(*columns(found, "tokens"), strict=True)
    recorded = [25 + 30 * (number // 3) for number in range(12)]
    assert all(0.5 < told / wanted < 2.5 for told, wanted in zip(given, recorded, strict=True)), given
    assert all(count <= 4 + number % 3 for number, count in enumerate(made))
    (sessions,) = found.all("sessions")
    assert (sessions["turns"], sessions["unanswered"]) == (12, 0)
    page = (home / "run" / "report.html").read_text("utf-8")
    assert "rrivals of the trace chats.jsonl over 256 connections (3 sessions, 70 input tokens" in page
    assert "of 12 turns" in page


@pytest.mark.parametrize(
    ("arrivals", "kind"),
    [
        ("concurrency: 3, arrivals: {kind: closed, think_time: 1ms}", "closed"),
        ("arrivals: {kind: offline, samples: 9}", "offline"),
    ],
)
def test_what_waits_for_answers_comes_from_one_process_of_ours(
    seatrial: Seatrial, load_policy: Policy, home: Path, arrivals: str, kind: str
) -> None:
    path = with_traffic(load_policy(), f"{arrivals}, budget: {{requests: 40}}")
    words = ("load", "--policy", path, "--traffic", "own", "--out", "run")
    for more in (("--processes", "2"), ("--locust", locustfile("arrivals"))):
        refused = seatrial(*words, *more)
        assert refused.exit_code == 3
        assert f"in arrivals of kind {kind} requests leave when others were answered" in refused.stderr
        assert not (home / "run").exists(), "nothing was begun"
    done = seatrial(*words)
    assert done.exit_code == 0, done.output
    assert accounted(journal(home / "run"))["outcome"] == "PASSED"


def test_a_trace_that_tells_what_is_asked_comes_from_one_process_of_ours(
    seatrial: Seatrial, load_policy: Policy, home: Path
) -> None:
    (home / "chats.jsonl").write_text(CHATS, "utf-8")
    path = with_traffic(load_policy(), "arrivals: {kind: trace, file: chats.jsonl}")
    words = ("load", "--policy", path, "--traffic", "own", "--out", "run")
    for more in (("--processes", "2"), ("--locust", locustfile("arrivals"))):
        refused = seatrial(*words, *more)
        assert refused.exit_code == 3
        assert "cannot send traffic 'own': its trace tells what is asked, in order" in refused.stderr
        assert not list(journal(home / "run").all("exchanges"))
    (home / "chats.jsonl").write_text(f'{CHATS}{{"time": 0.1}}\n', "utf-8")
    refused = seatrial(*words)
    assert refused.exit_code == 3
    assert "chats.jsonl:13: this arrival is before the one above it" in refused.stderr
