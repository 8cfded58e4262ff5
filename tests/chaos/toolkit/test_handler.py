"""The control in a run of chaostoolkit's own: what it writes, what it looks at, what it hides."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from seatrial.chaos.toolkit.handler import Handler
from tests.chaos.toolkit.experiments import Bench, activity, good, python, run

HERE = "tests.chaos.toolkit.misbehaving"


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def with_events(document: dict[str, Any], path: Path, **more: Any) -> dict[str, Any]:
    provider = {**document["controls"][0]["provider"], "arguments": {"events": str(path), **more}}
    return {**document, "controls": [{"name": "seatrial", "provider": provider}]}


def test_a_good_experiment_passes_with_its_witness(bench: Bench) -> None:
    journal = run(good())
    own = journal["seatrial"]
    assert (own["outcome"], journal["status"], journal["deviated"]) == ("PASSED", "completed", False)
    (fault,) = own["faults"]
    assert (fault["on"], fault["type"], fault["reverted"]) == ("primary", "http.status", True)
    assert fault["hits"] >= 4
    assert own["requests"] == 12
    assert own["reasons"] == [f"steady before and after under http.status on primary ({fault['hits']} hits)"]


def test_what_happens_is_written_as_it_happens(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_text("left by another run\n")
    run(with_events(good(), path))
    told = events(path)
    assert (told[0]["event"], told[0]["schema"]) == ("journal", "seatrial.journal/1")
    phases = [event["phase"] for event in told if event["event"] == "scenario"]
    assert phases == ["steady-before", "steady-before", "fault", "steady-after", "rollback", "end"]
    faults = [event for event in told if event["event"] == "fault"]
    assert [fault["phase"] for fault in faults] == ["injected", "reverted"]
    assert told[-1]["outcome"] == "PASSED"
    assert [event["t"] for event in told] == sorted(event["t"] for event in told)


def test_a_control_that_is_named_twice_counts_once(bench: Bench) -> None:
    document = good()
    again = {**document["controls"][0], "name": "once more"}
    document["controls"].append(again)
    assert run(document)["seatrial"]["requests"] == 12


@pytest.mark.parametrize(("strict", "status"), [(True, "failed"), (False, "completed")])
def test_strict_makes_what_is_not_green_fail(bench: Bench, tmp_path: Path, strict: bool, status: str) -> None:
    document = good()
    document["method"].pop(1)  # nobody comes by: the fault hits nothing
    journal = run(with_events(document, tmp_path / "e", strict=strict))
    assert (journal["seatrial"]["outcome"], journal["status"]) == ("INCONCLUSIVE", status)
    assert journal["seatrial"]["status"] == "completed"


@pytest.mark.parametrize(("tolerance", "outcome"), [(0.0, "PASSED"), ([0.9, 1.0], "FAILED"), ("x", "FAILED")])
def test_tolerances_in_the_method_are_looked_at(bench: Bench, tolerance: Any, outcome: str) -> None:
    document = good()
    document["method"][1]["tolerance"] = [0.0, 0.0] if tolerance == 0.0 else tolerance
    assert run(document)["seatrial"]["outcome"] == outcome


def test_a_verdict_in_the_method_counts(bench: Bench) -> None:
    document = good()
    arguments = {"indicator": "availability", "target": "90%", "requests": 60}
    document["method"][1] = activity("probe", "answered meanwhile", "objective", **arguments)
    own = run(document)["seatrial"]
    assert own["outcome"] == "FAILED"
    assert own["reasons"][0].startswith("answered meanwhile: the limit is broken")


def test_an_output_that_is_no_json_leaves_the_journal_whole(bench: Bench) -> None:
    document = good()
    document["method"].insert(1, python("probe", "odd", HERE, "no_json"))
    journal = run(document)
    assert json.loads(json.dumps(journal))["seatrial"]["outcome"] == "PASSED"


def test_secrets_are_in_no_journal(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "sk-very-secret")
    document = good()
    document["secrets"] = {"vault": {"token": {"type": "env", "key": "TOKEN"}}}
    leak = python("probe", "tells it: sk-very-secret", HERE, "leak")
    leak["provider"]["secrets"] = ["vault"]
    document["method"].insert(1, leak)
    document["method"].append(
        python("probe", "fails with it", HERE, "explode", text=f"{bench.env['SEATRIAL_TARGET_KEY']}")
    )
    path = tmp_path / "events.ndjson"
    journal = run(with_events(document, path))
    written = json.dumps(journal) + path.read_text()
    assert "the key is [redacted]" in written
    assert "sk-very-secret" not in written
    assert bench.env["SEATRIAL_TARGET_KEY"] not in written


def test_secrets_are_in_no_log(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "sk-very-secret")
    logger = logging.getLogger("chaostoolkit")
    handler = logging.FileHandler(tmp_path / "log")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    document = good()
    document["secrets"] = {"vault": {"token": {"type": "env", "key": "TOKEN"}}}
    leak = python("probe", "tells it", HERE, "leak")
    leak["provider"]["secrets"] = ["vault"]
    document["method"].insert(1, leak)
    try:
        run(document)
    finally:
        logger.setLevel(logging.NOTSET)
        logger.removeHandler(handler)
        handler.close()
    log = (tmp_path / "log").read_text()
    assert "the key is [redacted]" in log
    assert "sk-very-secret" not in log


def test_a_stop_condition_ends_the_method_and_rolls_back(bench: Bench) -> None:
    document = good()
    stop = activity("probe", "still answered", "availability", requests=2)
    document["extensions"] = [
        {"name": "seatrial", "stopConditions": [{**stop, "tolerance": [0.5, 1.0], "frequency": "10ms"}]}
    ]
    document["method"].insert(1, python("probe", "goes on for long", HERE, "wait", seconds=60))
    journal = run(document)
    own = journal["seatrial"]
    assert (own["outcome"], own["status"]) == ("FAILED", "interrupted")
    assert own["reasons"][0] == "a stop condition ended it: still answered: 0.0 is beyond its tolerance"
    assert [each["status"] for each in journal["rollbacks"]] == ["succeeded"]
    assert bench.faults == set()


def test_a_stop_condition_that_holds_ends_nothing(bench: Bench) -> None:
    document = good()
    stop = python("probe", "always well", HERE, "returns", value=1)
    document["extensions"] = [{"name": "seatrial", "stopConditions": [{**stop, "tolerance": 1}]}]
    assert run(document)["seatrial"]["outcome"] == "PASSED"


def test_what_the_experiment_leaves_is_taken_back_and_told(bench: Bench) -> None:
    document = good()
    del document["method"][2], document["rollbacks"]
    document["steady-state-hypothesis"]["probes"][0]["tolerance"] = [0.0, 1.0]
    own = run(document)["seatrial"]
    assert own["outcome"] == "ERROR"
    assert "was not taken back by the experiment" in own["reasons"][0]
    assert bench.faults == set()


def test_events_that_cannot_be_written_are_told(bench: Bench, tmp_path: Path) -> None:
    own = run(with_events(good(), tmp_path / "no" / "folder"))["seatrial"]
    assert own["outcome"] == "ERROR"
    assert "cannot be written" in own["reasons"][0]


def test_an_extension_that_is_wrong_is_told(bench: Bench) -> None:
    document = good()
    document["extensions"] = [{"name": "seatrial", "witnes": 1}]
    own = run(document)["seatrial"]
    assert own["outcome"] == "ERROR"
    assert "extension seatrial: witnes" in own["reasons"][0]


def test_what_else_the_registry_tells_is_let_pass() -> None:
    handler = Handler({}, {}, {}, None, strict=False)
    assert handler.start_cooldown(3) is None
    with pytest.raises(AttributeError):
        handler._nothing  # noqa: B018
