"""What a plan assumes where a policy cannot know: how long an answer takes, and what a request costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seatrial.core.objective import Objective
from seatrial.load.prompts import CHARS_PER_TOKEN, load_prompts
from seatrial.load.recording import Recording, read_recording

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.traffic import TrafficSpec

DEFAULT_ANSWER = 1.0  # seconds: where neither the caller nor an objective says how long an answer takes
DEFAULT_OUTPUT = 256  # tokens of an answer whose length nobody limits


def answer_of(objectives: Sequence[Objective]) -> float:
    """Seconds that an answer takes: half of the strictest limit on it, or `DEFAULT_ANSWER`."""
    limits = [
        objective.threshold
        for objective in objectives
        if objective.sli.name in ("operation.duration", "query.duration")
        and objective.threshold
        and objective.op in ("lt", "lte")
    ]
    return min(limits) / 2 if limits else DEFAULT_ANSWER


def output_of(traffic: TrafficSpec, recording: Recording | None = None) -> int:
    """Tokens that an answer has: as many as are asked for at most, or `DEFAULT_OUTPUT`.

    Args:
        recording: what the traffic replays, where it does: there each request asks for its own number.
    """
    if recording is not None and recording.outputs:
        most = traffic.max_tokens or max(recording.outputs)
        return round(float(np.mean(np.clip(recording.outputs, 1, most))))
    return traffic.max_tokens or DEFAULT_OUTPUT


def recorded(loaded: LoadedPolicy, traffic: TrafficSpec) -> Recording | None:
    """What a traffic replays, None where it has no trace, or where the file is not here.

    Args:
        traffic: of the policy, or one under a fault, which is called ``name@scenario``.

    Raises:
        UsageError: the trace cannot be read.
    """
    if traffic.arrivals is None or traffic.arrivals.kind != "trace":
        return None
    names = [each.name for each in loaded.spec.traffic]
    place = names.index(traffic.name.partition("@")[0])
    path = loaded.file("spec", "traffic", place, "arrivals", "file")
    if path is None or not path.is_file():
        return None
    return read_recording(path, traffic.arrivals.unit or "s")


def price_of(
    loaded: LoadedPolicy, traffic: TrafficSpec, output: int, recording: Recording | None = None
) -> float | None:
    """US dollars of one request, None where the target has no prices: a prompt of mean length, and *output*.

    Args:
        traffic: of the policy, or one under a fault, which is called ``name@scenario``.
        output: tokens of the answer.
        recording: what the traffic replays, where it does.
    """
    prices = loaded.target(traffic.target).prices if loaded.spec.targets else None
    if prices is None:
        return None
    if recording is not None and recording.inputs:
        return (float(np.mean(recording.inputs)) * prices.input.amount + output * prices.output.amount) / 1e6
    prompts = load_prompts(loaded.prompts(traffic.name.partition("@")[0]), traffic.prompts)
    known = [max(tokens.values()) for tokens in prompts.tokens if tokens]
    guessed = [len(str(prompt.messages)) / CHARS_PER_TOKEN for prompt in prompts]
    tokens = float(np.mean(known if len(known) == len(prompts) else guessed))
    return (tokens * prices.input.amount + output * prices.output.amount) / 1e6


def pace_of(traffic: TrafficSpec, answer: float, recording: Recording | None = None) -> float:
    """Requests a second: on schedule, or as fast as answers come and users think.

    Args:
        answer: seconds that one takes.
        recording: what the traffic replays, where it does.
    """
    arrivals = traffic.arrivals
    if arrivals is None or traffic.in_flight is not None:
        think = (arrivals.think_time or 0.0) if arrivals is not None else 0.0
        return (traffic.in_flight or 1) / (answer + think)
    if recording is not None and recording.rate:
        return recording.rate
    if arrivals.kind == "offline":
        from seatrial.load.from_policy import CONNECTIONS

        return (traffic.connections or CONNECTIONS) / answer
    rates = arrivals.rates or (arrivals.rate,)
    known = [rate for rate in rates if rate]
    return sum(known) / len(known) if known else 1.0 / answer
