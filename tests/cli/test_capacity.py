"""`seatrial capacity`: exit codes, what is told, and the files it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seatrial.core.journal import read_journal
from tests.cli.conftest import Seatrial
from tests.load.echo import Echo
from tests.load.virtual import Model, put_in_virtual_time

POLICY = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: capacity}}
spec:
  targets: [{{name: bot, uri: "{uri}", model: small, apiKey: "${{env:CAPACITY_KEY}}"}}]
  traffic: [{{name: steady, budget: {{duration: 20s}}}}]
  risk: {{dependence: independent}}
  objectives:
    - {{name: in-time, traffic: steady, indicator: operation.duration, op: lte, value: 1s, target: 80%}}
  capacity:
    from: 100/s
    to: 100/s
    precision: 50%
    level: {{duration: 60s, pause: 0s}}
    {more}
"""
Write = Callable[..., Path]


@pytest.fixture(scope="module")
def target() -> Iterator[Echo]:
    """Is there, and can be identified."""
    with Echo() as server:
        yield server


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    """What the load meets, in virtual time: 200 a second are served."""
    model = Model(2, 0.01)
    put_in_virtual_time(monkeypatch, model)
    return model


@pytest.fixture
def write(home: Path, target: Echo, monkeypatch: pytest.MonkeyPatch) -> Write:
    monkeypatch.setenv("CAPACITY_KEY", "sk-canary-4711")

    def write(more: str = "", uri: str | None = None) -> Path:
        file = home / "policy.yaml"
        file.write_text(POLICY.format(uri=uri or target.uri, more=more), "utf-8")
        return file

    return write


def test_0_what_is_asked_for_holds(seatrial: Seatrial, write: Write, home: Path) -> None:
    file = write("at_least: 100/s\n    demand: {now: 20/s, growth: 1.2, month: 2026-11, lasts: 2}")
    done = seatrial("capacity", "--policy", file, "--seed", 3)
    assert done.exit_code == 0, done.output
    assert "100/s  holds" in done.output
    assert "capacity 100/s … –" in done.output
    assert "demand       ✓ base: the capacity runs out in 2027-08" in done.output
    folder = (home / "runs" / "latest").resolve()
    assert {path.name for path in folder.iterdir()} == {
        "journal.ndjson",
        "report.html",
        "summary.md",
        "junit.xml",
    }
    journal = read_journal(folder / "journal.ndjson")
    assert journal.complete
    kinds = [event["event"] for event in journal.events]
    assert {"run", "fingerprint", "collected", "traffic", "exchanges", "level", "capacity", "item"} <= set(
        kinds
    )
    assert [event["id"] for event in journal.all("item")] == ["capacity", "capacity/demand[base]"]
    assert (journal.last("finish") or {})["exit_code"] == 0
    assert "canary" not in (folder / "journal.ndjson").read_text("utf-8")
    assert (journal.first("run") or {})["purpose"] == "capacity"
    assert (folder / "summary.md").read_text("utf-8").startswith("## ✓ Sustained. Capacity of ")


def test_1_not_even_the_first_level_holds(seatrial: Seatrial, write: Write) -> None:
    done = seatrial("capacity", "--policy", write(), "--from", "500/s", "--to", "600/s", "--seed", 3)
    assert done.exit_code == 1, done.output
    assert "breaks" in done.output
    assert "nothing was shown to hold" in done.output


def test_2_a_level_that_is_too_short_proves_nothing(seatrial: Seatrial, write: Write, home: Path) -> None:
    file = write()
    text = file.read_text("utf-8").replace("duration: 60s", "duration: 1s, least: 1s, warmup: 0s")
    file.write_text(text, "utf-8")
    done = seatrial("capacity", "--policy", file, "--traffic", "steady", "--seed", 3, "--out", home / "out")
    assert done.exit_code == 2, done.output
    assert "not decided" in done.output
    assert (home / "out" / "report.html").is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--traffic", "night"), "no traffic 'night'"),
        (("--from", "10"), "it has no unit"),
        (("--from", "500/s", "--to", "100/s"), "the search goes up"),
    ],
)
def test_3_what_makes_no_search_is_refused(
    seatrial: Seatrial, write: Write, home: Path, words: tuple[str, ...], said: str
) -> None:
    done = seatrial("capacity", "--policy", write(), *words)
    assert done.exit_code == 3
    assert said in done.output
    assert not (home / "runs").exists()


def test_3_a_target_that_is_not_there(seatrial: Seatrial, write: Write) -> None:
    done = seatrial("capacity", "--policy", write(uri="http://127.0.0.1:9/v1"))
    assert done.exit_code == 3
    assert "cannot be reached" in done.output


def test_a_policy_without_a_search_is_searched_by_its_objectives(
    seatrial: Seatrial, write: Write, home: Path
) -> None:
    file = write()
    text = file.read_text("utf-8")
    file.write_text(text[: text.index("  capacity:")], "utf-8")
    done = seatrial("capacity", "--policy", file, "--from", "900/s", "--to", "900/s", "--seed", 1)
    assert done.exit_code in (1, 2), done.output
    assert "900/s" in done.output
