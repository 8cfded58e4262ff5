"""Health endpoints that tell the truth."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import NamedTuple

from seatrial.core.exchange import Exchange
from seatrial.pytest import inconclusive, not_applicable

from .probe import PROMPTS, SILENT, Probe, failed, told

ROUNDS = 2
EVERY = 0.2  # seconds between two looks at the health endpoint
LEAST_PATIENCE = 5.0  # seconds a hanging answer must have lasted before health is blamed for not noticing
USUAL_PATHS = ("/health", "/healthz", "/v2/health/ready")


class Round(NamedTuple):
    """One answer asked for, and what the health endpoint said meanwhile and right after."""

    exchange: Exchange
    meanwhile: tuple[int, ...]
    after: int


def test_health_tells_the_truth(probe: Probe) -> None:
    """The health endpoint says healthy while the target answers, and only then."""
    path = _path(probe)
    rounds: list[Round] = []
    for number in range(ROUNDS):
        rounds.append(_watch(probe, path, PROMPTS[number]))
        exchange, meanwhile, after = rounds[-1]
        if exchange.error in SILENT:
            said = meanwhile[-1] if meanwhile else after
            if said == 200:
                failed(f"{path} still says 200 while an answer hangs: {told(exchange)}")
            if said:
                return
            inconclusive(f"neither {path} nor the target answers: {told(exchange)}")
        if exchange.ok and after != 200:
            failed(f"{path} says {after} while the target answers")
    if all(item.exchange.status >= 500 and item.after == 200 for item in rounds):
        failed(f"{path} says 200 and {ROUNDS} of {ROUNDS} requests failed: {told(rounds[-1].exchange)}")
    if not any(item.exchange.ok for item in rounds):
        inconclusive(f"no answer to compare the health endpoint with: {told(rounds[-1].exchange)}")


def _path(probe: Probe) -> str:
    """The health endpoint that the policy names, else the usual one that answers 200 or 503."""
    named = probe.target.config.health
    if named:
        return str(named)
    for path in USUAL_PATHS:
        if probe.target.get(path).status in (200, 503):
            return path
    not_applicable(f"the policy names no health path, and there is none at {', '.join(USUAL_PATHS)}")


def _watch(probe: Probe, path: str, prompt: str) -> Round:
    meanwhile: list[int] = []
    waits = probe.target.config.timeouts
    waits = replace(waits, first_byte=max(waits.first_byte, LEAST_PATIENCE))
    with ThreadPoolExecutor(1) as pool:
        answer: Future[Exchange] = pool.submit(probe.target.send, prompt, max_tokens=32, timeouts=waits)
        while not wait([answer], timeout=EVERY).done:
            status = probe.target.get(path).status
            if not answer.done():
                meanwhile.append(status)
    return Round(answer.result(), tuple(meanwhile), probe.target.get(path).status)
