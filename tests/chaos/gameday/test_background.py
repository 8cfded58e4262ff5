"""Background traffic: it flows at its rate, whatever hangs, and what breaks in it is told."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from seatrial.chaos.gameday.background import Background
from seatrial.chaos.gameday.pulse import Pulse
from seatrial.core.errors import HarnessError
from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.objective import Objective
from seatrial.load.ledger import Ledger


class Sender:
    """Answers at once; every third never, where it hangs; *broken* raises."""

    def __init__(self, took: float = 0.01, *, hangs: bool = False, broken: bool = False) -> None:
        self.took, self.hangs, self.broken = took, hangs, broken
        self.prompts: list[int] = []
        self.closed = False

    async def exchange(self, prompt: int, *, index: int, intended: float, zero: float) -> Exchange:
        self.prompts.append(prompt)
        if self.broken:
            raise RuntimeError("a defect of ours")
        await asyncio.sleep(3600 if self.hangs and index % 3 == 2 else 0.001)
        error = ErrorKind.RESET if index % 3 == 1 else None
        return Exchange(index, intended, intended, intended + self.took, error=error, status=200)

    async def close(self) -> None:
        self.closed = True


def flowing(
    sender: Sender, *, rate: float | None = 100.0, objective: str = "1s"
) -> tuple[Background, Any, Pulse]:
    events: list[dict[str, Any]] = []
    pulse = Pulse()
    began = time.monotonic()

    async def connect() -> Sender:
        return sender

    def record(event: str, **fields: Any) -> None:
        events.append({"event": event, **fields})

    background = Background(
        connect,
        5,
        rate=rate,
        concurrency=2,
        seed=3,
        clock=lambda: time.monotonic() - began,
        ledger=Ledger("background", record),
        objectives=[Objective(indicator="operation.duration", op="lte", value=objective, target=0.9)],
        pulse=pulse,
    )
    return background, events, pulse


def until(pulse: Pulse, count: int) -> None:
    deadline = time.monotonic() + 30
    while pulse.count < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("rate", [100.0, None])
def test_it_flows_and_is_journalled_whole(rate: float | None) -> None:
    sender = Sender()
    background, events, pulse = flowing(sender, rate=rate)
    with background:
        until(pulse, 12)
    background.check()
    assert sender.closed
    assert events[0]["event"] == "traffic"
    told = [value for event in events if event["event"] == "exchanges" for value in event["intended"]]
    assert len(told) == pulse.count == len(sender.prompts)
    assert pulse.recent(0.0).failed >= 4
    assert sorted(sender.prompts[:5]) == [0, 1, 2, 3, 4], "each prompt once before any comes again"


def test_what_misses_an_objective_is_bad_and_has_not_failed() -> None:
    background, _, pulse = flowing(Sender(took=3.0), objective="1s")
    with background:
        until(pulse, 6)
    recent = pulse.recent(0.0)
    assert recent.bad == recent.ended > recent.failed > 0


def test_what_hangs_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatrial.chaos.gameday.background._GRACE", 0.05)
    background, events, pulse = flowing(Sender(hangs=True))
    with background:
        until(pulse, 20)
        assert pulse.waiting(100.0)[0] >= 9
    background.check()
    told = sum(len(event["intended"]) for event in events if event["event"] == "exchanges")
    assert told == pulse.count, "what was cut off is not counted"


@pytest.mark.parametrize("rate", [100.0, None])
def test_a_defect_of_ours_is_told(monkeypatch: pytest.MonkeyPatch, rate: float | None) -> None:
    monkeypatch.setattr("seatrial.chaos.gameday.background._GRACE", 0.05)
    background, _, _ = flowing(Sender(broken=True), rate=rate)
    with background:
        background._thread.join(30)
    with pytest.raises(HarnessError, match="a defect of ours"):
        background.check()
