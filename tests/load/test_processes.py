"""Several processes: dealt out, merged, counted, and a worker that dies."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.journal import Journal
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.risk import Risk
from seatrial.core.tenants import Tenants
from seatrial.load.arrivals import Profile, Schedule, poisson
from seatrial.load.brief import Brief
from seatrial.load.budget import Budget
from seatrial.load.ledger import Ledger
from seatrial.load.processes import ProcessTraffic
from seatrial.load.resumed import parts_of
from seatrial.targets.config import TargetConfig
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Prompt
from tests.load.echo import Echo

QUICK = Risk(bursts_up_to=None, min_duration=0.2, segments=2, pause=0.01)
AVAILABLE = Objective(indicator="availability", target="90%", traffic="many")
Events = list[dict[str, Any]]


@pytest.fixture
def echo() -> Iterator[Echo]:
    with Echo() as server:
        yield server


@pytest.fixture
def events() -> Events:
    return []


@pytest.fixture
def made() -> Iterator[list[ProcessTraffic]]:
    traffics: list[ProcessTraffic] = []
    yield traffics
    for traffic in traffics:
        traffic.close()


def make(uri: str, events: Events, made: list[ProcessTraffic], **changes: Any) -> ProcessTraffic:
    prompts = tuple(Prompt.of(f"prompt {number}") for number in range(5))
    config = TargetConfig(uri=uri, model="small", api_key=Secret("sk-canary"))
    brief = Brief(config, prompts, True, 8, keys=changes.pop("keys", ()))
    ledger = Ledger(
        "many", lambda event, **fields: events.append({"event": event} | fields), objectives=[AVAILABLE]
    )
    schedule = Schedule(Profile.constant(400.0), poisson, [3])
    options: dict[str, Any] = {
        "budget": Budget(requests=200),
        "risk": QUICK,
        "seed": 1,
        "warmup": 4,
        "ledger": ledger,
    }
    processes = changes.pop("processes", 2)
    schedule = changes.pop("schedule", schedule)
    made.append(ProcessTraffic("many", brief, processes, schedule, **(options | changes)))
    return made[-1]


def sent(events: Events) -> int:
    return sum(len(event["intended"]) for event in events if event["event"] == "exchanges")


def test_every_request_of_the_schedule_is_sent_once_and_comes_back(
    echo: Echo, events: Events, made: list[ProcessTraffic]
) -> None:
    traffic = make(echo.uri, events, made)
    traffic.extend(lambda: False)
    assert len(traffic.log) == 200 == sent(events)
    assert len(echo.asked) == 204
    assert traffic.log.ok().all()
    assert traffic.log.chunks().tolist() == [3] * 200
    np.testing.assert_allclose(traffic.log.tokens()[0], 7.0)
    warm = [event for event in events if event["event"] == "warmup"]
    assert sum(len(event["intended"]) for event in warm) == 4
    assert "stopped" not in [event["event"] for event in events]
    assert traffic.stopped == "the budget of 200 requests is spent"
    assert traffic.segments == 2


SLOW = 0.06
CALM = Schedule(Profile.constant(200.0), poisson, [3])


class Telling(Echo):
    """Takes longer for some of what it is asked: then an exchange shows what it was."""

    def slow(self) -> bool:
        return self.asked[-1].endswith(("1", "3"))

    def delay(self) -> float:
        return SLOW if self.slow() else 0.0


class Partial(Telling):
    """Slow for the tenant with the key sk-red."""

    def slow(self) -> bool:
        return self.keys[-1] == "sk-red"


def column(events: Events, name: str) -> list[Any]:
    return [value for event in events if event["event"] == "exchanges" for value in event[name]]


def test_what_each_exchange_asked_is_told(events: Events, made: list[ProcessTraffic]) -> None:
    with Telling() as echo:
        make(echo.uri, events, made, schedule=CALM, budget=Budget(requests=100)).extend(lambda: False)
        asked = Counter(echo.asked)
    prompts = column(events, "prompt")
    warm = sum(asked.values()) - len(prompts)
    assert warm == 4
    assert sum((asked - Counter(f"prompt {number}" for number in prompts)).values()) == warm
    slow = np.asarray([number in (1, 3) for number in prompts])
    durations = np.asarray(column(events, "duration"))
    assert (durations[slow] >= SLOW).all()
    assert np.median(durations[~slow]) < SLOW


def test_tenants_take_turns_over_all_processes(events: Events, made: list[ProcessTraffic]) -> None:
    tenants = Tenants(["blue", "red"], [3, 1], "many")
    more: dict[str, Any] = {"tenants": tenants, "keys": (None, Secret("sk-red")), "warmup": 5}
    more["schedule"] = CALM
    with Partial() as echo:
        traffic = make(echo.uri, events, made, **more)
        traffic.extend(lambda: False)
        keys = Counter(echo.keys)
    dealt = tenants.of(0, 200).tolist()
    assert column(events, "tenant") == dealt, "as one process deals them"
    assert keys["sk-red"] == dealt.count(1) + tenants.of(0, 5).tolist().count(1)
    assert keys["sk-canary"] == 205 - keys["sk-red"]
    assert "sk-red" not in str(events)
    red = np.asarray(dealt) == 1
    assert (traffic.log.duration()[red] >= SLOW).all()
    quick = Objective(indicator="operation.duration", op="lte", value="55ms", target="50%", traffic="many")
    fair = Objective(indicator="fairness", target="50%", traffic="many", parts=(quick,))
    verdict = fair.judge(traffic)
    assert verdict.outcome is Outcome.FAILED
    assert "red has 100 %" in verdict.reason


def test_a_retry_goes_on_with_the_evidence_of_several_processes(
    echo: Echo, events: Events, made: list[ProcessTraffic]
) -> None:
    tenants = Tenants(["blue", "red"], [1, 1], "many")
    make(echo.uri, events, made, tenants=tenants, keys=(None, None)).extend(lambda: False)
    lines = [event for event in events if event["event"] == "exchanges"]
    first = Journal(Path("earlier"), tuple(lines), torn=True)
    again: Events = []
    budget = Budget(requests=50)
    traffic = make(echo.uri, again, made, tenants=tenants, keys=(None, None), budget=budget)
    traffic.resume(tuple(parts_of(first, "many")))
    assert (len(traffic.log), traffic.segments) == (200, 2)
    traffic.extend(lambda: False)
    assert len(traffic.log) == 250 == sent(again)
    assert column(again, "tenant") == tenants.of(0, 250).tolist()
    assert column(again, "prompt")[:200] == column(events, "prompt")
    assert (np.diff(traffic.log.intended()) >= 0).all()
    assert [bool(event.get("continued")) for event in again if event["event"] == "exchanges"][:2] == [
        True
    ] * 2
    assert len(traffic.log.stretches) == traffic.segments


def test_the_order_is_that_of_the_schedule_whatever_the_number_of_workers(
    echo: Echo, events: Events, made: list[ProcessTraffic]
) -> None:
    found = []
    for processes in (1, 3):
        echo.asked.clear()
        traffic = make(echo.uri, events, made, processes=processes, budget=Budget(requests=60), warmup=0)
        traffic.extend(lambda: False)
        intended = traffic.log.intended()
        assert (np.diff(intended) >= 0).all()
        found.append((sorted(echo.asked), len(set(echo.ports))))
    assert found[0][0] == found[1][0], "the same prompts, as often"
    assert found[1][1] > 1, "more than one connection"


def test_a_schedule_that_ends_is_sent_whole(echo: Echo, events: Events, made: list[ProcessTraffic]) -> None:
    traffic = make(
        echo.uri, events, made, schedule=[0.002 * number for number in range(50)], warmup=0, risk=QUICK
    )
    traffic.extend(lambda: False)
    assert len(traffic.log) == 50
    assert traffic.stopped == "the schedule is at its end"


def test_it_stops_as_soon_as_the_objective_is_decided_and_goes_on_for_the_next(
    echo: Echo, events: Events, made: list[ProcessTraffic]
) -> None:
    traffic = make(echo.uri, events, made, budget=Budget(requests=10_000))
    assert AVAILABLE.judge(traffic)
    first = len(traffic.log)
    assert first < 5_000
    assert Objective(indicator="availability", target="98%", traffic="many").judge(traffic)
    assert len(traffic.log) > first
    assert len(traffic.log) == sent(events) == len(echo.asked) - 4
    told = next(event for event in events if event["event"] == "generator")
    assert told["p99"] < 1
    assert not told["lost"]


def test_a_worker_that_dies_makes_the_run_prove_nothing(
    echo: Echo, events: Events, made: list[ProcessTraffic]
) -> None:
    echo.takes = 0.05
    traffic = make(echo.uri, events, made, budget=Budget(requests=10_000))

    def kill_one() -> bool:
        if len(traffic.log) > 50 and not killed:
            killed.append(traffic.workers[1])
            os.kill(killed[0], signal.SIGKILL)
        return False

    killed: list[int] = []
    traffic.extend(kill_one)
    verdict = AVAILABLE.judge(traffic)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "worker 2 was killed by signal 9" in verdict.reason
    lost = next(event for event in events if event["event"] == "lost")
    assert lost["count"] == traffic.lost > 0
    assert len(traffic.log) == sent(events) == len(column(events, "prompt"))
    assert len(traffic.log) + traffic.lost >= len(echo.asked) - 4, "each is there or counted as lost"


def test_a_target_that_refuses_half_way_is_measured_to_the_end(
    echo: Echo, events: Events, made: list[ProcessTraffic]
) -> None:
    traffic = make(echo.uri, events, made, budget=Budget(requests=200))

    def refuse() -> bool:
        if len(traffic.log) > 80:
            echo.close()
        return False

    traffic.extend(refuse)
    assert len(traffic.log) == 200 == sent(events)
    errors = [error for error in traffic.log.errors() if error is not None]
    assert len(errors) > 50
    whole = [event for event in events if event["event"] == "exchange"]
    assert len(whole) == 3
    assert all(event["exchange"]["error"] for event in whole)
    assert "sk-canary" not in str(events)


def test_an_interrupt_keeps_what_was_measured_and_leaves_no_process(
    echo: Echo, events: Events, made: list[ProcessTraffic]
) -> None:
    traffic = make(echo.uri, events, made, budget=Budget(requests=10_000))

    def interrupt() -> bool:
        if len(traffic.log) > 30:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        traffic.extend(interrupt)
    assert sent(events) == len(traffic.log) > 30
    workers = traffic.workers
    traffic.close()
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_silence_in_the_schedule_is_kept(echo: Echo, events: Events, made: list[ProcessTraffic]) -> None:
    times = [0.0, 0.01, 1.5, 1.51]
    traffic = make(echo.uri, events, made, schedule=times, warmup=0, risk=replace(QUICK, segments=1))
    traffic.extend(lambda: False)
    intended = traffic.log.intended()
    np.testing.assert_allclose(np.diff(intended), np.diff(times), atol=1e-6)
    assert traffic.stopped == "the schedule is at its end"


def test_a_full_disk_ends_it_and_leaves_no_process(
    echo: Echo, events: Events, made: list[ProcessTraffic]
) -> None:
    def full(event: str, **fields: Any) -> None:
        if event == "exchanges":
            raise HarnessError("the journal cannot be written (No space left on device)")

    traffic = make(echo.uri, events, made, ledger=Ledger("many", full), budget=Budget(requests=10_000))
    with pytest.raises(HarnessError, match="No space left"):
        traffic.extend(lambda: False)
    workers = traffic.workers
    traffic.close()
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_more_processes_than_connections_is_refused(
    echo: Echo, events: Events, made: list[ProcessTraffic]
) -> None:
    with pytest.raises(UsageError, match="9 processes cannot share 8 connections"):
        make(echo.uri, events, made, processes=9).extend(lambda: False)


def test_a_worker_that_cannot_begin_is_harness_trouble(
    echo: Echo, events: Events, made: list[ProcessTraffic], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(HarnessError, match="ended with code 1 before it could send"):
        make(echo.uri, events, made).extend(lambda: False)


def test_a_schedule_beyond_the_machine_is_generator_bound(
    echo: Echo, events: Events, made: list[ProcessTraffic]
) -> None:
    rate = Schedule(Profile.constant(1e6), poisson, [3])
    risk = Risk(bursts_up_to=None, min_duration=0.5, segments=1, pause=0.0)
    traffic = make(echo.uri, events, made, schedule=rate, warmup=0, budget=Budget(requests=10_000), risk=risk)
    # Ten thousand requests in a hundredth of a second: however fast the machine, they leave later than a
    # twentieth of the limit, and more than the target's share is answered within it.
    within = Objective(indicator="operation.duration", op="lte", value="100ms", target="1%", traffic="many")
    verdict = within.judge(traffic)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "the generator fell behind its schedule" in verdict.reason


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)


def test_nothing_is_left_running(echo: Echo, events: Events, made: list[ProcessTraffic]) -> None:
    before = threading.active_count()
    traffic = make(echo.uri, events, made, budget=Budget(requests=20))
    traffic.extend(lambda: False)
    workers = traffic.workers
    assert len(workers) == 2
    traffic.close()
    traffic.close()
    _wait(lambda: threading.active_count() <= before + 1)
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
