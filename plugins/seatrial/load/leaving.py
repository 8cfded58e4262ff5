"""How the requests of a traffic leave: the arrival process that its policy wants, and what a trace adds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.core.errors import UsageError
from seatrial.load.batches import Batches
from seatrial.load.closed_loop import ClosedLoop
from seatrial.load.lag import Lag
from seatrial.load.open_loop import OpenLoop
from seatrial.load.prompts import PromptSet
from seatrial.load.recording import Recording, read_recording
from seatrial.load.schedules import process_of
from seatrial.load.script import Script
from seatrial.load.thinking import ThinkingLoop, Thoughts
from seatrial.load.traffic import Arrivals
from seatrial.policy.arrivals import BLOCK
from seatrial.targets.config import TargetConfig

if TYPE_CHECKING:
    from seatrial.policy.traffic import TrafficSpec


def arrivals_of(
    spec: TrafficSpec, times: Callable[[], Iterable[float]], seed: Sequence[int], lag: Lag, prompts: int
) -> Arrivals:
    """The arrival process of a traffic.

    Args:
        spec: the policy's.
        times: draws its schedule, where it has one.
        seed: of think times.
        lag: told how late requests leave.
        prompts: how many there are.
    """
    asked = spec.arrivals
    if asked is None or asked.kind == "single-stream":
        return ClosedLoop(spec.in_flight or 1)
    if asked.kind == "closed":
        assert asked.think_time is not None
        process = process_of(asked)
        users = [Thoughts(asked.think_time, process, [*seed, user]) for user in range(spec.concurrency)]
        return ThinkingLoop(users, lag.departed)
    if asked.kind == "multi-stream":
        assert asked.samples is not None
        return Batches(asked.samples)
    if asked.kind == "offline":
        return Batches(asked.samples or prompts, one=True)
    return OpenLoop(times(), lag.departed)


def recording_of(spec: TrafficSpec, trace: Path | None) -> Recording | None:
    """The recording that a traffic replays, None where it has none.

    Raises:
        UsageError: it cannot be read.
    """
    if trace is None or spec.arrivals is None or spec.arrivals.kind != "trace":
        return None
    return read_recording(trace, spec.arrivals.unit or "s")


def script_of(
    spec: TrafficSpec, config: TargetConfig, trace: Path | None, prompts: PromptSet, seed: Sequence[int]
) -> Script | None:
    """What the requests of a trace ask, None where there is none, or it tells nothing but times.

    Args:
        config: the target.
        trace: the file.
        prompts: what texts are made of.
        seed: of the texts.

    Raises:
        UsageError: it cannot be read, or not be asked in the way that the traffic wants it to.
    """
    recording = recording_of(spec, trace)
    if recording is None or spec.arrivals is None or not recording.scripted:
        return None
    if (spec.processes or 1) > 1:
        require_times_only(spec, trace, "several processes")
    if recording.conversations:
        _require_conversations(spec, config, recording)
    more: dict[str, Any] = {"max_tokens": spec.max_tokens, "params": spec.params}
    return Script(recording, prompts, seed, block=spec.arrivals.block or BLOCK, **more)


def _require_conversations(spec: TrafficSpec, config: TargetConfig, recording: Recording) -> None:
    if spec.tenants:
        raise UsageError(
            f"traffic {spec.name!r} has tenants that take turns, and each session of its trace is of one",
            where=str(recording.file),
            hint="drop tenants, or leave the session column out of the trace",
        )
    if config.protocol == "http-json" and not _takes_messages(config):
        raise UsageError(
            f"target {config.name!r} takes one text, the trace of traffic {spec.name!r} has conversations",
            where=str(recording.file),
            hint="put {{messages}} into the body of the target, or leave the session column out of the trace",
        )


def _takes_messages(config: TargetConfig) -> bool:
    from seatrial.targets.http_json import PLACEHOLDER

    body = config.http_json.body if config.http_json is not None else ""
    return "messages" in PLACEHOLDER.findall(body if isinstance(body, str) else json.dumps(body))


def require_schedule(spec: TrafficSpec, who: str) -> None:
    """Tell that others than our own engine in one process can only keep a schedule.

    Args:
        who: that would send it, such as ``Locust``.

    Raises:
        UsageError: it cannot send the traffic as the policy describes it.
    """
    if spec.arrivals is not None and not spec.arrivals.scheduled:
        raise UsageError(
            f"{who} cannot send traffic {spec.name!r}: in arrivals of kind {spec.arrivals.kind} requests"
            " leave when others were answered",
            hint="take arrivals on schedule, such as poisson, or let our own engine send it from one process",
        )


def require_times_only(spec: TrafficSpec, trace: Path | None, who: str) -> None:
    """Tell that others than our own engine in one process ask prompts of the set, whatever a trace tells.

    Raises:
        UsageError: the trace tells more than when requests come.
    """
    found = recording_of(spec, trace)
    if found is not None and found.scripted:
        raise UsageError(
            f"{who} cannot send traffic {spec.name!r}: its trace tells what is asked, in order",
            where=str(found.file),
            hint="let our own engine send it from one process, or leave all columns but the times out of it",
        )


def told_of(script: Script) -> dict[str, Any]:
    """What a recording is, for the journal."""
    found = script.recording
    return {
        "file": found.file.name,
        "digest": found.digest,
        "asked": script.digest,
        "requests": len(found),
        "sessions": found.conversations,
        "input_tokens": _mean(found.inputs),
        "output_tokens": _mean(found.outputs),
        "tokens": "estimated: 4 characters each",
    }


def _mean(tokens: Sequence[int] | None) -> float | None:
    return None if not tokens else round(sum(tokens) / len(tokens), 1)
