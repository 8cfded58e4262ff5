"""What a plan assumes where a policy cannot know: how long an answer takes, and what a request costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from seatrial.core.objective import Objective
from seatrial.load.prompts import load_prompts

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.traffic import TrafficSpec

DEFAULT_ANSWER = 1.0  # seconds: where neither the caller nor an objective says how long an answer takes
DEFAULT_OUTPUT = 256  # tokens of an answer whose length nobody limits
CHARS_PER_TOKEN = 4.0  # English text, https://help.openai.com/en/articles/4936856


def answer_of(objectives: Sequence[Objective]) -> float:
    """Seconds that an answer takes: half of the strictest limit on it, or `DEFAULT_ANSWER`."""
    limits = [
        objective.threshold
        for objective in objectives
        if objective.sli.name == "operation.duration"
        and objective.threshold
        and objective.op in ("lt", "lte")
    ]
    return min(limits) / 2 if limits else DEFAULT_ANSWER


def output_of(traffic: TrafficSpec) -> int:
    """Tokens that an answer has: as many as are asked for at most, or `DEFAULT_OUTPUT`."""
    return traffic.max_tokens or DEFAULT_OUTPUT


def price_of(loaded: LoadedPolicy, traffic: TrafficSpec, output: int) -> float | None:
    """US dollars of one request, None where the target has no prices: a prompt of mean length, and *output*.

    Args:
        traffic: of the policy, or one under a fault, which is called ``name@scenario``.
        output: tokens of the answer.
    """
    prices = loaded.target(traffic.target).prices if loaded.spec.targets else None
    if prices is None:
        return None
    prompts = load_prompts(loaded.prompts(traffic.name.partition("@")[0]), traffic.prompts)
    known = [max(tokens.values()) for tokens in prompts.tokens if tokens]
    guessed = [len(str(prompt.messages)) / CHARS_PER_TOKEN for prompt in prompts]
    tokens = float(np.mean(known if len(known) == len(prompts) else guessed))
    return (tokens * prices.input.amount + output * prices.output.amount) / 1e6


def pace_of(traffic: TrafficSpec, answer: float) -> float:
    """Requests a second: on schedule, or as fast as answers come.

    Args:
        answer: seconds that one takes.
    """
    if traffic.arrivals is None:
        return traffic.concurrency / answer
    rates = traffic.arrivals.rates or (traffic.arrivals.rate,)
    known = [rate for rate in rates if rate]
    return sum(known) / len(known) if known else 1.0 / answer
