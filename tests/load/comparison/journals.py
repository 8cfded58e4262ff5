"""Journals of runs that never were: as many requests, as slow and as often failing as a test wants."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seatrial.core.exchange import ErrorKind, Exchange, Usage
from seatrial.core.log import Log
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.recorded import Recorded
from seatrial.core.risk import Risk

PROMPTS = 40
AVAILABLE = Objective(indicator="availability", target="90%", traffic="steady")
IN_TIME = Objective(
    indicator="operation.duration", op="lte", value="80ms", target="90%", name="latency", traffic="steady"
)


@dataclass
class Made:
    """A run.

    Attributes:
        seconds: of each request.
        failed: which of them failed.
        prompts: the prompt of each; None leaves the column out.
    """

    run: str
    seconds: Sequence[float]
    failed: Sequence[bool] = ()
    prompts: Sequence[int] | None = ()
    digest: str = "sha256:policy"
    prompts_digest: str | None = "sha256:prompts"
    trace: dict[str, Any] | None = None
    tokens: tuple[int, int] = (20, 40)
    prices: dict[str, str] | None = None
    objectives: Sequence[Objective] = (AVAILABLE, IN_TIME)
    finished: bool = True
    outcome: Outcome = Outcome.PASSED
    extra: list[dict[str, Any]] = field(default_factory=list)

    def exchanges(self) -> list[Exchange]:
        failed = self.failed or [False] * len(self.seconds)
        return [
            Exchange(
                at,
                at * 0.05,
                at * 0.05,
                at * 0.05 + seconds,
                first_chunk=at * 0.05 + seconds / 4,
                gaps=(0.01, 0.01),
                status=200,
                error=ErrorKind.RESET if bad else None,
                usage=Usage(*self.tokens),
            )
            for at, (seconds, bad) in enumerate(zip(self.seconds, failed, strict=True))
        ]

    def write(self, folder: Path) -> Path:
        """The folder of the run."""
        exchanges = self.exchanges()
        log = Log()
        for exchange in exchanges:
            log.append(exchange)
        columns: dict[str, Any] = {
            "intended": log.intended().tolist(),
            "lag": [0.0] * len(log),
            "duration": log.duration().round(6).tolist(),
            "ttfc": log.ttfc().round(6).tolist(),
            "chunks": [3] * len(log),
            "status": [200] * len(log),
            "error": log.errors(),
            "tokens": [list(self.tokens)] * len(log),
        }
        if self.prompts is not None:
            columns["prompt"] = list(self.prompts) or [at * 7 % PROMPTS for at in range(len(log))]
        recorded = Recorded("steady", log, Risk(bursts_up_to=None))
        target = {"name": "bot", "uri": "http://127.0.0.1:1/v1", "prices": self.prices}
        spec = {"targets": [target], "traffic": [{"name": "steady"}], "objectives": []}
        policy = {"name": "p", "digest": self.digest, "effective": {"spec": spec}}
        fingerprint = {"target": "bot", "uri": "http://127.0.0.1:1/v1", "digest": "sha256:t", "changed": []}
        asked = {"prompts_digest": self.prompts_digest, "trace": self.trace}
        items = [{"id": each.name, "title": each.name} for each in self.objectives]
        events: list[dict[str, Any]] = [
            {"event": "journal", "schema": "seatrial.journal/1", "run": self.run, "created": "2026-11-20"},
            {"event": "run", "policy": policy},
            {"event": "collected", "items": items},
            {"event": "fingerprint", "when": "before", **fingerprint},
            {"event": "traffic", "name": "steady", "target": "bot", **asked},
            {"event": "exchanges", "traffic": "steady", "first": 0, **columns},
        ]
        for each in self.objectives:
            verdict = recorded.judge(each).to_dict()
            events.append({"event": "verdict", "objective": each.to_dict(), "verdict": verdict})
            told = {
                "id": each.name,
                "outcome": self.outcome.value,
                "exchanges": len(log),
                "reason": "made up",
            }
            events.append({"event": "item", **told})
        events += [*self.extra, {"event": "fingerprint", "when": "after", **fingerprint}]
        events += [{"event": "finish", "outcome": self.outcome.value}] if self.finished else []
        folder.mkdir(parents=True, exist_ok=True)
        lines = (json.dumps({"t": 0, **event}) for event in events)
        (folder / "journal.ndjson").write_text("\n".join(lines) + "\n", "utf-8")
        return folder


def times(seed: int, n: int = 2000, scale: float = 1.0) -> list[float]:
    """Latencies: of each prompt its own, and a little chance."""
    rng = np.random.default_rng(seed)
    own = np.random.default_rng(0).lognormal(-3, 0.4, PROMPTS)
    prompts = np.arange(n) * 7 % PROMPTS
    return list(scale * own[prompts] * rng.lognormal(0, 0.05, n))


def failures(seed: int, share: float, n: int = 2000) -> list[bool]:
    """Failures, independent of each other."""
    return list(map(bool, np.random.default_rng(seed).random(n) < share))
