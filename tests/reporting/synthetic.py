"""Journals of runs that never were: seeded, realistic in shape, and hostile on request."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.reporting.synthetic_parts import CONTRACT, controls, item, judge, objective

Event = dict[str, Any]
SUITES = ("sla", "contract", "identity")
RISK = {"confidence": 0.95, "power": 0.9}
POLICY_DIGEST = "sha256:71ab0c2b5f0f7d2c61b9f5f7a3f1f2e7d4c8b9a0e1d2c3b4a5968778695a4b09"
DIGEST = "sha256:9f2c4d1e8b7a60594837261504f3e2d1c0b9a8f7e6d5c4b3a29180706050e1e1"
OTHER_DIGEST = "sha256:000c4d1e8b7a60594837261504f3e2d1c0b9a8f7e6d5c4b3a29180706050ffff"


@dataclass
class Scene:
    """What happened.

    Attributes:
        slow: factor on all latencies.
        errors: share of requests that end in an error.
        cut: share of answers that are cut short.
        n: requests sent.
        target_changed: whether the fingerprint moved.
        contract_failure: whether one contract check failed.
        suites: what was run of the policy's three.
        text: what the target answers, and puts wherever it has a say.
    """

    seed: int = 20261120
    slow: float = 1.0
    errors: float = 0.0
    cut: float = 0.0
    n: int = 6000
    target_changed: bool = False
    contract_failure: bool = False
    controls: bool = True
    trouble: bool = False
    text: str = "The harbour opens at six; pilots board half a mile outside the mole."
    name: str = "support-bot"
    suites: tuple[str, ...] = SUITES
    extra_items: list[Event] = field(default_factory=list)


def healthy(**changes: Any) -> Scene:
    return Scene(**changes)


def rejected(**changes: Any) -> Scene:
    return Scene(**{"cut": 0.037, "contract_failure": True, **changes})


def inconclusive(**changes: Any) -> Scene:
    return Scene(**{"slow": 1.27, **changes})


def events(scene: Scene) -> list[Event]:
    """All events of the scene's run, in order."""
    return list(_Writer(scene).all())


def write(path: Path, scene: Scene, *, keep: float = 1.0, torn: bool = False) -> Path:
    """Write the scene's journal; *keep* is the share of its events, *torn* cuts the last line."""
    made = events(scene)
    lines = [json.dumps(event, ensure_ascii=False) for event in made[: max(2, int(len(made) * keep))]]
    text = "\n".join(lines) + "\n"
    path.write_bytes((text[:-40] if torn else text).encode("utf-8", "surrogatepass"))
    return path


class _Writer:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.random = np.random.default_rng(scene.seed)
        n = scene.n
        self.segments = 3
        self.intended = np.sort(self.random.uniform(0, 12, n)) + np.repeat(np.arange(3), -(-n // 3))[:n] * 0.8
        self.ttfc = self.random.lognormal(-1.9, 0.45, n) * scene.slow
        self.duration = self.ttfc + self.random.lognormal(-1.35, 0.5, n) * scene.slow
        wrong = self.random.random(n)
        self.error = np.where(wrong < scene.errors, "http-status", "")
        self.error[(self.error == "") & (wrong > 1 - scene.cut)] = "truncated"
        self.ttfc[self.error == "http-status"] = np.nan
        self.clock = 2.0

    def all(self) -> Any:
        scene = self.scene
        yield {
            "event": "journal",
            "schema": "seatrial.journal/1",
            "t": 0,
            "run": "20261120-140233-7f3a",
            "created": "2026-11-20T14:02:33Z",
            "seatrial": "0.1.0",
        }
        yield self._run()
        yield {"event": "collected", "t": 0.1, "items": [self._told(item) for item in self.items()]}
        yield self._fingerprint("before", DIGEST, "small-3")
        yield self._traffic()
        yield from self._exchanges()
        yield from self._verdicts()
        if scene.trouble:
            yield {
                "event": "error",
                "t": 17.0,
                "where": "recorder",
                "what": "the disk is full",
                "hint": "free some space",
            }
        yield from self.items()
        changed = scene.target_changed
        yield self._fingerprint(
            "after", OTHER_DIGEST if changed else DIGEST, "small-4" if changed else "small-3"
        )
        if scene.controls:
            yield from controls()
        yield self._finish()

    def _run(self) -> Event:
        objectives = [
            {key: told[key] for key in ("name", "traffic", "indicator", "op", "value", "target")}
            for told, _ in self._objectives()
        ]
        return {
            "event": "run",
            "t": 0.05,
            "policy": {
                "name": self.scene.name,
                "digest": POLICY_DIGEST,
                "file": "policy.yaml",
                "effective": {
                    "spec": {
                        "risk": {**RISK, "dependence": {"bursts_up_to": 5}},
                        "traffic": [{"name": "steady", "budget": {"requests": 8000}}],
                        "objectives": objectives,
                        "suites": ["sla", "contract", "identity"],
                    }
                },
                "checklists": ["production-readiness"] if self.scene.controls else [],
                "validity": {"expires_after_seconds": 2592000},
            },
            "seed": self.scene.seed,
            "suites": self.scene.suites,
            "command": "seatrial certify --policy policy.yaml --target http://127.0.0.1:8000/v1",
            "environment": {
                "python": "3.11.9",
                "platform": "Linux-6.1-x86_64",
                "cpu": "AMD EPYC 9R14",
                "cores": 2,
                "memory_bytes": 25769803776,
                "packages": {"numpy": "2.4.6", "httptools": "0.6.4", "uvloop": "0.21.0", "pytest": "8.4.2"},
            },
            "plan": {"requests": 8000, "minutes": 1.5, "usd": None},
        }

    def _traffic(self) -> Event:
        return {
            "event": "traffic",
            "t": 1.9,
            "name": "steady",
            "target": "bot",
            "concurrency": 8,
            "stream": True,
            "budget": {"requests": 8000, "duration": 90.0, "cost": None},
            "prompts": "bundled/chat-short",
            "warmup": 16,
            "min_duration": 10.0,
            "segments": 3,
        }

    def _exchanges(self) -> Any:
        warm = self.random.lognormal(-0.9, 0.4, 16)
        yield {
            "event": "warmup",
            "t": 2.0,
            "traffic": "steady",
            "intended": [round(-0.7 + 0.04 * i, 6) for i in range(16)],
            "duration": [round(float(value), 6) for value in warm],
            "ttfc": [round(float(value) * 0.4, 6) for value in warm],
            "status": [200] * 16,
            "error": [None] * 16,
            "lag": [0.0001] * 16,
        }
        told: dict[str, int] = {}
        size = -(-self.scene.n // self.segments)
        for segment in range(self.segments):
            for first in range(segment * size, min((segment + 1) * size, self.scene.n), 512):
                last = min(first + 512, (segment + 1) * size, self.scene.n)
                yield self._batch(segment, first, last)
                yield from self._whole(first, last, told)
                yield from self._progress(last)

    def _batch(self, segment: int, first: int, last: int) -> Event:
        part = slice(first, last)
        self.clock = 2.0 + float(self.intended[last - 1])
        return {
            "event": "exchanges",
            "t": round(self.clock, 3),
            "traffic": "steady",
            "first": first,
            "segment": segment,
            "intended": [round(float(value), 6) for value in self.intended[part]],
            "duration": [round(float(value), 6) for value in self.duration[part]],
            "ttfc": [None if math.isnan(value) else round(float(value), 6) for value in self.ttfc[part]],
            "status": [503 if kind == "http-status" else 200 for kind in self.error[part]],
            "error": [str(kind) or None for kind in self.error[part]],
            "lag": [0.00004] * (last - first),
        }

    def _whole(self, first: int, last: int, told: dict[str, int]) -> Any:
        for told_objective, bad in self._objectives():
            name = told_objective["name"]
            for index in np.flatnonzero(bad[first:last])[: 3 - told.get(name, 0)] + first:
                told[name] = told.get(name, 0) + 1
                yield self._exchange(int(index), f"bad for {name}", objective=name)

    def _exchange(self, index: int, why: str, **more: Any) -> Event:
        at, kind, text = float(self.intended[index]), str(self.error[index]), self.scene.text
        cut = kind == "truncated"
        return {
            "event": "exchange",
            "t": round(self.clock, 3),
            "traffic": "steady",
            "index": index,
            "why": why,
            **more,
            "exchange": {
                "index": index,
                "intended": at,
                "sent": at + 0.00004,
                "done": at + float(self.duration[index]),
                "first_byte": at + 0.01,
                "first_chunk": None if math.isnan(self.ttfc[index]) else at + float(self.ttfc[index]),
                "gaps": [0.02] * 7,
                "status": 503 if kind == "http-status" else 200,
                "error": kind or None,
                "detail": f"the stream ended without a finish reason: {text[:80]}" if cut else "",
                "finish_reason": None if cut else text[:20],
                "model": text[:40],
                "usage": {"input_tokens": 12, "output_tokens": 48},
                "text": text,
                "tool_calls": [["lookup", text]],
                "prompt": 3,
                "streamed": True,
                "asked": "When does the harbour open, and where do the pilots board?",
            },
        }

    def _objectives(self) -> list[tuple[Event, np.ndarray]]:
        failed, cut = self.error == "http-status", self.error == "truncated"
        late = np.nan_to_num(self.duration, nan=9) > 1.0
        return [
            (objective("availability", "availability", None, 0.99, "without a whole answer", 9), failed),
            (objective("complete-answers", "complete_answers", None, 0.99, "cut short or broken", 10), cut),
            (objective("latency-p95", "operation.duration", 1.0, 0.95, "beyond 1 s", 11), late),
            (
                objective("ttfc-p95", "time_to_first_chunk", 0.5, 0.95, "beyond 500 ms", 12),
                np.nan_to_num(self.ttfc, nan=9) > 0.5,
            ),
        ]

    def _progress(self, n: int) -> Any:
        for told, bad in self._objectives():
            verdict = judge(told, bad[:n])
            yield {
                "event": "progress",
                "t": round(self.clock, 3),
                "objective": told["name"],
                "traffic": "steady",
                **{
                    key: verdict[key] for key in ("n", "bad", "estimate", "lower", "upper", "limit", "needed")
                },
                "log_e_pass": verdict["trail"][-1][1],
                "log_e_fail": verdict["trail"][-1][2],
            }

    def _verdicts(self) -> Any:
        for told, bad in self._objectives():
            verdict = judge(told, bad)
            item = f"suites/sla/test_objectives.py::test_objective[{told['name']}]"
            yield {
                "event": "verdict",
                "t": round(self.clock, 3),
                "objective": told,
                "verdict": verdict,
                "item": item,
            }

    def items(self) -> list[Event]:
        items = []
        for told, bad in self._objectives():
            verdict = judge(told, bad)
            name = told["name"]
            items.append(
                item(f"sla/test_objectives.py::test_objective[{name}]", "sla", name, verdict["outcome"])
                | {"reason": verdict["reason"], "objective": name, "exchanges": verdict["n"]}
            )
        for number, title in enumerate(CONTRACT):
            broken = self.scene.contract_failure and number == 4
            items.append(
                item(
                    f"contract/test_shapes.py::test_{number}",
                    "contract",
                    title,
                    "FAILED" if broken else "PASSED",
                )
                | {
                    "reason": f"finish_reason {self.scene.text[:60]!r} is none of stop, length"
                    if broken
                    else ""
                }
            )
        items.append(
            item(
                "contract/test_tools.py::test_tools",
                "contract",
                "Tool calls are well-formed",
                "NOT_APPLICABLE",
            )
            | {"reason": "the policy does not list the capability tools", "exchanges": 0}
        )
        items.append(
            item("identity/test_model.py::test_model", "identity", "The reported model is the one asked for")
        )
        items += self.scene.extra_items
        return items

    @staticmethod
    def _told(item: Event) -> Event:
        return {key: item[key] for key in ("id", "suite", "title", "objective")}

    def _fingerprint(self, when: str, digest: str, model: str) -> Event:
        return {
            "event": "fingerprint",
            "t": 1.0 if when == "before" else 19.0,
            "when": when,
            "target": "bot",
            "uri": "http://127.0.0.1:8000/v1",
            "protocol": "openai-chat",
            "digest": digest,
            "facts": {
                "reported_model": model,
                "system_fingerprint": "fp_44709d",
                "server": self.scene.text[:60],
                "models": ["small-3", "large-1"],
            },
            "changed": ["reported_model"] if self.scene.target_changed and when == "after" else [],
        }

    def _finish(self) -> Event:
        outcomes = [item["outcome"] for item in self.items()]
        worst = next(
            (name for name in ("FAILED", "ERROR", "INCONCLUSIVE", "WARNED") if name in outcomes), "PASSED"
        )
        return {
            "event": "finish",
            "t": 19.6,
            "outcome": worst,
            "exit_code": {"FAILED": 1, "INCONCLUSIVE": 2, "ERROR": 4}.get(worst, 0),
            "reasons": [
                item["reason"] for item in self.items() if item["outcome"] not in ("PASSED", "NOT_APPLICABLE")
            ],
            "counts": {name: outcomes.count(name) for name in set(outcomes)},
            "requests": self.scene.n + 16,
            "cost_usd": 0.83,
            "seconds": 19.6,
        }
