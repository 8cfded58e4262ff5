"""Ways in which an experiment goes green on nothing: the trap first, then that our verdict is not green.

The numbers are those of the project's list of false greens, see ``tests/repo/test_false_greens.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.chaos.toolkit.actions import inject_fault, revert_fault
from seatrial.chaos.toolkit.experiment import Extension, load
from seatrial.chaos.toolkit.judge import judge
from seatrial.chaos.toolkit.runner import run as run_in_child
from seatrial.core.errors import HarnessError
from seatrial.faults.client import ControlClient
from tests.chaos.toolkit.experiments import INJECT, Bench, chaos, good, python, run, written
from tests.chaos.toolkit.lying_server import lying

HERE = "tests.chaos.toolkit.misbehaving"
PROJECT = Path(__file__).resolve().parents[3]
Document = dict[str, Any]


def without_us(document: Document) -> Document:
    return {**document, "controls": []}


def stock(document: Document, tmp_path: Path, bench: Bench, *options: str) -> tuple[int, dict[str, Any]]:
    """Exit code and journal of the stock command, on an experiment without our control."""
    path = written(tmp_path, without_us(document), "stock")
    env = {**bench.env, "PYTHONPATH": str(PROJECT)}
    done = chaos(
        "--no-log-file", "run", "--journal-path", tmp_path / "j.json", *options, path, cwd=tmp_path, env=env
    )
    return done.returncode, json.loads((tmp_path / "j.json").read_text())


def told(document: Document, **more: Any) -> tuple[str, str]:
    """Our outcome and its first reason, with our control."""
    own = run(document, **more)["seatrial"]
    return own["outcome"], own["reasons"][0]


def test_1_a_baseline_that_is_broken_already(bench: Bench, tmp_path: Path) -> None:
    document = good()
    document["steady-state-hypothesis"]["probes"] = [
        {**python("probe", "p", HERE, "returns", value=1), "tolerance": 2}
    ]
    code, journal = stock(document, tmp_path, bench)
    assert (code, journal["status"], journal["deviated"], journal["run"]) == (0, "completed", False, [])
    assert judge(journal, Extension()).outcome == "ERROR"  # without our control nothing is certain
    assert told(document) == ("INCONCLUSIVE", "the steady state did not hold before the fault: p: 1")


def test_2_injection_and_rollback_fail(bench: Bench, tmp_path: Path) -> None:
    document = good()
    document["method"] = [python("action", "inject", HERE, "explode")]
    document["rollbacks"] = [python("action", "back", HERE, "explode")]
    code, journal = stock(document, tmp_path, bench)
    assert (code, journal["status"]) == (0, "completed")
    assert [each["status"] for each in journal["run"] + journal["rollbacks"]] == ["failed", "failed"]
    own = run(document)["seatrial"]
    assert own["outcome"] == "ERROR"
    assert own["reasons"][:2] == [
        "the action 'inject' failed: RuntimeError: no such server",
        "the rollback 'back' failed: RuntimeError: no such server",
    ]


@pytest.mark.parametrize("status", [500, 200])
def test_3_a_server_that_refuses_or_only_says_that_it_does(bench: Bench, status: int) -> None:
    from toxiproxy.api import APIConsumer
    from toxiproxy.proxy import Proxy

    with lying(status) as url, pytest.MonkeyPatch.context() as patched:
        patched.setattr(APIConsumer, "port", int(url.rpartition(":")[2]))
        theirs = Proxy(name="primary", upstream="127.0.0.1:9", listen="127.0.0.1:1", enabled=True)
        assert theirs.add_toxic(type="latency", attributes={"latency": 1}) is None
        theirs.disable()
        assert theirs.enabled is False  # and the server has it enabled
        where = {"configuration": {"toxiproxy_url": url}}
        with pytest.raises(HarnessError):
            inject_fault("primary", "latency", {"latency": 1}, **where)
        with pytest.raises(HarnessError):
            inject_fault("primary", "down", **where)


def test_3_as_an_experiment_it_is_an_error(bench: Bench) -> None:
    with lying(200) as url:
        document = good()
        document["configuration"] = {"toxiproxy_url": url}
        document["method"][0] = {
            **INJECT,
            "provider": {**INJECT["provider"], "arguments": {"proxy": "primary", "type": "down"}},
        }
        outcome, reason = told(document)
    assert outcome == "ERROR"
    assert reason.startswith("the action 'it fails' failed: ")


def test_3_two_servers_at_once(bench: Bench) -> None:
    """Theirs keeps one address for all; ours does not mix them up."""
    with lying(200) as other:
        inject_fault("primary", "latency", {"latency": 1})
        with pytest.raises(HarnessError):
            inject_fault("primary", "down", configuration={"toxiproxy_url": other})
        assert revert_fault("primary", type="latency")["was_there"] is True
    assert bench.faults == set()


def test_4_an_empty_list_of_probes_is_met(bench: Bench, tmp_path: Path) -> None:
    document = good()
    document["steady-state-hypothesis"]["probes"] = []
    code, journal = stock(document, tmp_path, bench)
    assert (code, journal["status"], journal["deviated"]) == (0, "completed", False)
    outcome, reason = told(document)
    assert (outcome, "has no probes" in reason) == ("INCONCLUSIVE", True)


def test_4_no_hypothesis_at_all(bench: Bench) -> None:
    document = good()
    del document["steady-state-hypothesis"]
    assert run(without_us(document))["status"] == "completed"
    assert told(document)[0] == "INCONCLUSIVE"


def test_4_a_dry_run_meets_every_tolerance(bench: Bench, tmp_path: Path) -> None:
    document = good()
    document["steady-state-hypothesis"]["probes"] = [
        {**python("probe", "p", HERE, "returns", value=1), "tolerance": 2}
    ]
    code, journal = stock(document, tmp_path, bench, "--dry", "activities")
    assert code == 0
    assert journal["steady_states"]["after"]["steady_state_met"] is True
    env = {**bench.env, "PYTHONPATH": str(PROJECT)}
    experiment = load(written(tmp_path, document))
    result = run_in_child(experiment, tmp_path / "out", env=env, extra=("--dry", "activities"))
    assert result.ruling.outcome == "INCONCLUSIVE"
    assert result.ruling.reasons[0].startswith("it was run dry")


def test_a_failed_injection_leaves_the_exit_code_0(bench: Bench, tmp_path: Path) -> None:
    document = good()
    document["method"][0]["provider"]["arguments"]["proxy"] = "nowhere"
    code, journal = stock(document, tmp_path, bench)
    assert (code, journal["deviated"], journal["run"][0]["status"]) == (0, False, "failed")
    outcome, reason = told(document)
    assert outcome == "ERROR"
    assert "the action 'it fails' failed" in reason
    assert "nowhere" in reason


def test_the_default_strategy_leaves_the_toxic_where_a_probe_breaks(bench: Bench, tmp_path: Path) -> None:
    document = good()
    toxic = {"for_proxy": "primary", "toxic_name": "slow", "latency": 1}
    document["configuration"] = {"toxiproxy_url": bench.control}
    document["method"] = [
        python("action", "slow", "chaostoxi.toxic.actions", "create_latency_toxic", **toxic)
    ]
    back = python(
        "action", "back", "chaostoxi.toxic.actions", "delete_toxic", for_proxy="primary", toxic_name="slow"
    )
    document["rollbacks"] = [back]
    probe = python("probe", "p", HERE, "once", path=str(tmp_path / "mark"), first=1, then="explode")
    document["steady-state-hypothesis"]["probes"] = [{**probe, "tolerance": 1}]
    _, journal = stock(document, tmp_path, bench)
    assert journal["rollbacks"] == []
    assert bench.faults == {"slow"}
    ControlClient(bench.control).reset()
    (tmp_path / "mark").unlink()
    env = {**bench.env, "PYTHONPATH": str(PROJECT)}
    result = run_in_child(load(written(tmp_path, document)), tmp_path / "out", env=env)
    assert result.ruling.outcome == "FAILED"
    assert "does not hold after the fault: the probe 'p' saw nothing" in result.ruling.reason
    assert bench.faults == set()


@pytest.mark.parametrize("strategy", ["default", "never"])
def test_rollbacks_that_were_not_played_are_no_green(bench: Bench, tmp_path: Path, strategy: str) -> None:
    document = good()
    document["method"].pop()  # taken back by the rollback alone
    probe = python("probe", "p", HERE, "once", path=str(tmp_path / "mark"), first=1, then="explode")
    document["steady-state-hypothesis"]["probes"] = [{**probe, "tolerance": 1}]
    own = run(document, rollbacks=strategy)["seatrial"]
    assert own["outcome"] == "FAILED"
    assert "1 of 1 rollbacks were not played: run it with --rollback-strategy always" in own["reasons"]
    assert bench.faults == set()  # the control has taken it back


def test_a_value_that_no_range_holds_takes_the_journal_with_it(bench: Bench, tmp_path: Path) -> None:
    document = good()
    document["method"].pop()
    probe = python("probe", "p", HERE, "once", path=str(tmp_path / "mark"), first=1, then={"a": 1})
    tolerance = {"type": "range", "range": [0, 2]}
    document["steady-state-hypothesis"]["probes"] = [{**probe, "tolerance": tolerance}]
    path = written(tmp_path, without_us(document), "stock")
    env = {**bench.env, "PYTHONPATH": str(PROJECT)}
    done = chaos("--no-log-file", "run", "--journal-path", "j.json", path, cwd=tmp_path, env=env)
    assert done.returncode == 1
    assert not (tmp_path / "j.json").exists()
    (tmp_path / "mark").unlink()
    result = run_in_child(load(written(tmp_path, document)), tmp_path / "out", env=env)
    assert (result.ruling.outcome, result.journal) == ("ERROR", None)
    assert "left no journal" in result.ruling.reason
    assert bench.faults == set()


def test_a_fault_that_never_hits(bench: Bench, tmp_path: Path) -> None:
    document = good()
    document["method"][0]["provider"]["arguments"]["attributes"] = {"status": 503, "path": "/nowhere"}
    code, journal = stock(document, tmp_path, bench)
    assert (code, journal["deviated"]) == (0, False)
    outcome, reason = told(document)
    assert outcome == "INCONCLUSIVE"
    assert reason == (
        "the fault http.status on primary never acted: no request came its way, or none that it is for"
    )


def test_a_misspelt_attribute_injects_something_else(bench: Bench) -> None:
    client = ControlClient(bench.control)
    client._call("post", "/proxies/primary/toxics", {"type": "latency", "attributes": {"latncy": 500}})
    assert client.toxics("primary")["latency_downstream"].attributes["latency"] == 0  # as Toxiproxy does
    client.reset()
    document = good()
    document["method"][0]["provider"]["arguments"] |= {"type": "latency", "attributes": {"latncy": 500}}
    outcome, reason = told(document)
    assert outcome == "ERROR"
    assert "has no attribute 'latncy'" in reason


PROVIDERS: dict[str, dict[str, Any]] = {
    "a command that fails": {"type": "process", "path": "false"},
    "an action that returns false": {
        "type": "python",
        "module": HERE,
        "func": "returns",
        "arguments": {"value": False},
    },
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_action_that_fails_without_an_exception(bench: Bench, tmp_path: Path, name: str) -> None:
    document = good()
    document["method"].insert(0, {"type": "action", "name": "quiet", "provider": PROVIDERS[name]})
    journal = run(without_us(document))
    assert (journal["status"], journal["run"][0]["status"]) == ("completed", "succeeded")
    outcome, reason = told(document)
    assert (outcome, reason.startswith("the action 'quiet' failed")) == ("ERROR", True)


def test_a_call_that_was_refused_is_an_action_that_succeeded(bench: Bench) -> None:
    document = good()
    with lying(500) as url:
        provider = {"type": "http", "url": f"{url}/proxies/primary", "method": "POST", "arguments": {}}
        document["method"].insert(0, {"type": "action", "name": "quiet", "provider": provider})
        journal = run(without_us(document))
        assert (journal["status"], journal["run"][0]["status"]) == ("completed", "succeeded")
        outcome, reason = told(document)
    assert (outcome, reason) == ("ERROR", "the action 'quiet' failed: it was answered with HTTP status 500")


def test_a_tolerance_in_the_method_is_looked_at_by_nobody(bench: Bench) -> None:
    document = good()
    document["method"][1]["tolerance"] = [0.9, 1.0]
    journal = run(without_us(document))
    assert (journal["status"], journal["deviated"]) == ("completed", False)
    assert told(document)[0] == "FAILED"


def test_a_steady_state_that_breaks_during_the_fault_is_a_warning(bench: Bench) -> None:
    document = good()
    document["method"].insert(2, python("probe", "a while", HERE, "wait", seconds=0.5))
    often: dict[str, Any] = {"strategy": "continuously", "schedule": every(0.01)}
    assert run(without_us(document), **often)["deviated"] is False
    own = run(document, **often)["seatrial"]
    assert own["outcome"] == "FAILED"
    assert "did not hold during the fault" in own["reasons"][0]


def every(seconds: float) -> Any:
    """How often the steady state is looked at meanwhile."""
    from chaoslib.types import Schedule

    return Schedule(continuous_hypothesis_frequency=seconds)


@pytest.mark.parametrize("strategy", ["before-method-only", "after-method-only", "during-method-only"])
def test_a_strategy_that_leaves_out_a_look(bench: Bench, strategy: str) -> None:
    document = good()
    del document["method"][0]["provider"]["arguments"]["attributes"]
    document["method"] = document["method"][:1] + document["method"][2:]
    assert run(without_us(document), strategy=strategy)["status"] == "completed"
    assert told(document, strategy=strategy)[0] == "INCONCLUSIVE"


def test_activities_that_are_broken_off_are_no_green(bench: Bench) -> None:
    document = good()
    document["method"].append({**python("probe", "in the background", HERE, "explode"), "background": True})
    assert run(without_us(document))["status"] == "completed"
    assert told(document)[0] == "INCONCLUSIVE"
