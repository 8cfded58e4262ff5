"""The experiments that ship: valid, green on a gateway that gets around trouble, red on one that does not."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from seatrial.bundled import bundled
from seatrial.chaos.toolkit.experiment import load
from seatrial.chaos.toolkit.runner import run
from seatrial.faults.client import ControlClient
from seatrial.faults.server import ProxyServer
from seatrial.systems.runner import System
from tests.chaos.toolkit.experiments import Bench, chaos

SCENARIOS = sorted(bundled("scenarios").glob("*.experiment.yaml"))
NAMES = ("primary", "secondary")
Start = Callable[..., Bench]


@pytest.fixture
def bench_of(provider: System) -> Iterator[Start]:
    """Starts a gateway with two providers behind fault proxies; a fresh one: its breakers are closed."""
    with ExitStack() as opened:
        yield lambda defect="": _start(opened, provider, defect)


def _start(opened: ExitStack, provider: System, defect: str) -> Bench:
    upstream = f"127.0.0.1:{provider.port}"
    described = [
        {"name": name, "listen": "127.0.0.1:0", "upstream": upstream, "protocol": "http"} for name in NAMES
    ]
    server = opened.enter_context(ProxyServer(proxies=described))
    listening = {name: proxy.listen for name, proxy in ControlClient(server.url).proxies().items()}
    arguments = ["--cache-seconds", "0", "--rate", "100000", "--burst", "100000"]
    for name in NAMES:
        arguments += ["--upstream", f"{name}=http://{listening[name]}/v1#small"]
    arguments += ["--defect", defect] if defect else []
    key = {"SEATRIAL_REFERENCE_UPSTREAM_KEY": str(provider.api_key)}
    gateway = opened.enter_context(System("reference", arguments=arguments, env=key))
    return Bench(
        server.url,
        {
            **os.environ,
            "SEATRIAL_TARGET_URL": gateway.uri,
            "SEATRIAL_TARGET_MODEL": "small",
            "SEATRIAL_TARGET_KEY": str(gateway.api_key),
            "SEATRIAL_CONTROL_URL": server.url,
            "SEATRIAL_REQUESTS": "120",
            "SEATRIAL_PATIENCE": "4s",
        },
    )


def journal_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "journal.json").read_text())
    return found


def test_there_is_one_for_each_thing_that_providers_do() -> None:
    names = {path.name.removesuffix(".experiment.yaml") for path in SCENARIOS}
    assert names == {"provider-outage", "provider-hang", "rate-limit-storm", "mid-stream-cut"}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.name.split(".")[0])
def test_chaostoolkit_finds_it_valid(path: Path) -> None:
    import yaml
    from chaoslib.experiment import ensure_experiment_is_valid

    ensure_experiment_is_valid(yaml.safe_load(path.read_text("utf-8")))


CUT = "passes-cut-stream-as-complete"


@pytest.mark.parametrize(
    ("name", "defect", "code", "outcome"),
    [("provider-outage", "", 0, "PASSED"), ("mid-stream-cut", CUT, 1, "FAILED")],
)
def test_the_stock_command_runs_it(
    bench_of: Start, tmp_path: Path, name: str, defect: str, code: int, outcome: str
) -> None:
    """In a folder of its own: journal and events beside each other, and no question asked."""
    bench = bench_of(defect)
    path = bundled("scenarios") / f"{name}.experiment.yaml"
    done = chaos("run", path, cwd=tmp_path, env=bench.env)
    assert done.returncode == code, done.stdout + done.stderr
    own = journal_of(tmp_path)["seatrial"]
    assert own["outcome"] == outcome
    assert own["faults"][0]["hits"] > 0
    assert f"seatrial: {outcome}" in done.stdout + done.stderr
    assert (tmp_path / "seatrial.events.ndjson").is_file()
    assert bench.faults == set()


@pytest.mark.parametrize("name", ["provider-hang", "rate-limit-storm", "mid-stream-cut"])
def test_a_gateway_that_gets_around_it_passes(bench_of: Start, tmp_path: Path, name: str) -> None:
    bench = bench_of()
    result = run(load(bundled("scenarios") / f"{name}.experiment.yaml"), tmp_path, env=bench.env)
    assert result.ruling.outcome == "PASSED", result.ruling.reason
    assert bench.faults == set()


@pytest.mark.parametrize(
    ("name", "defect", "words"),
    [
        ("provider-hang", "no-timeout", "callers are answered meanwhile: the limit is broken"),
        ("rate-limit-storm", "ignores-retry-after", "left in peace: retry-after-honoured"),
    ],
)
def test_one_that_does_not_fails_for_that_reason(
    bench_of: Start, tmp_path: Path, name: str, defect: str, words: str
) -> None:
    bench = bench_of(defect)
    env = {**bench.env, "SEATRIAL_PATIENCE": "1s"}  # what never comes need not be waited for
    result = run(load(bundled("scenarios") / f"{name}.experiment.yaml"), tmp_path, env=env)
    assert result.ruling.outcome == "FAILED", result.ruling.reason
    assert words in result.ruling.reason
    assert bench.faults == set()
