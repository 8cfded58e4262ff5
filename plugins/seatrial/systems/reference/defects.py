"""The catalogue of defects: what may be broken in the reference system, and which check must notice.

Each defect is asked for at the one place where it matters: ``defects.on(name)`` where it is always there,
``defects.strikes(name)`` where it hits a share of the requests.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction

from seatrial.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that can be wrong with a deployed system.

    Attributes:
        name: what ``--defect`` takes.
        summary: what a client sees, one sentence.
        requirements: ids of the requirements it breaks.
        caught_by: the suites whose checks must notice it.
        caught: texts of which at least one is part of the id of a check that turns red.
        share: the share of relevant requests it hits (1: all).
    """

    name: str
    summary: str
    requirements: tuple[str, ...]
    caught_by: tuple[str, ...]
    caught: tuple[str, ...]
    share: float = 1.0


SLA = ("sla",)
CONTRACT = ("contract",)

_CATALOGUE = (
    Defect(
        "slow-tail",
        "15 % of the answers pause for 1.5 s in the middle",
        ("R01", "R02"),
        SLA,
        ("latency-p95",),
        share=0.15,
    ),
    Defect(
        "slow-first-chunk",
        "30 % of the answers begin 700 ms late",
        ("R01", "R39"),
        SLA,
        ("ttfc-p95",),
        share=0.3,
    ),
    Defect(
        "errors-1-percent",
        "1 % of the requests are answered with 500",
        ("R01", "R39"),
        SLA,
        ("availability",),
        share=0.01,
    ),
    Defect(
        "invents-finish-reason",
        "half of the provider's streams are cut, and passed on as complete with finish_reason stop",
        ("R04", "R09"),
        CONTRACT,
        ("agree",),
        share=0.5,
    ),
    Defect(
        "truncates-stream",
        "20 % of the streams end half-way without finish_reason, usage or [DONE]",
        ("R01", "R09"),
        ("sla", "contract"),
        ("complete-answers", "stream"),
        share=0.2,
    ),
    Defect(
        "buffers-stream",
        "a streamed answer is held back and sent in one piece at its end",
        ("R39",),
        CONTRACT,
        ("stream",),
    ),
    Defect(
        "wrong-usage",
        "usage tells three times the completion tokens and the same prompt tokens for every prompt",
        ("R10",),
        CONTRACT,
        ("usage",),
    ),
    Defect(
        "unknown-model-accepted",
        "a model that does not exist is answered by the default model",
        ("R16", "R39"),
        CONTRACT,
        ("unknown_model",),
    ),
    Defect(
        "server-error-on-malformed",
        "malformed input is answered with 500 and a stack trace as plain text",
        ("R16",),
        CONTRACT,
        ("malformed", "bad_input"),
    ),
    Defect(
        "no-authentication",
        "a missing or wrong API key is let in",
        ("R16",),
        CONTRACT,
        ("auth", "key"),
    ),
    Defect(
        "key-echoed-in-error",
        "the message of a 401 repeats the whole key that was sent",
        ("R16", "R03"),
        CONTRACT,
        ("key", "echo"),
    ),
    Defect(
        "health-lies",
        "generation hangs for ever while /health and /ready stay 200",
        ("R20", "R09"),
        ("contract", "sla"),
        ("health",),
    ),
    Defect(
        "empty-completions",
        "20 % of the answers are empty, with status 200 and finish_reason stop",
        ("R01", "R39"),
        SLA,
        ("complete-answers", "availability"),
        share=0.2,
    ),
    Defect(
        "wrong-model-reported",
        "answers report another model than the one that was asked for",
        ("R15", "R36"),
        ("contract", "identity"),
        ("model",),
    ),
    Defect(
        "stream-differs",
        "streamed chunks lose their leading space, so that streamed and unstreamed answers disagree",
        ("R39",),
        CONTRACT,
        ("stream",),
    ),
    Defect(
        "sse-content-type-wrong",
        "a stream is declared as application/json",
        ("R39",),
        CONTRACT,
        ("stream", "content_type"),
    ),
    Defect(
        "usage-missing-in-stream",
        "stream_options.include_usage is ignored",
        ("R10",),
        CONTRACT,
        ("usage",),
    ),
    Defect(
        "stack-trace-in-error",
        "the message of an error ends with a stack trace",
        ("R16",),
        CONTRACT,
        ("stack_trace", "trace"),
    ),
    Defect(
        "ignores-max-tokens",
        "max_tokens is ignored",
        ("R10",),
        CONTRACT,
        ("max_tokens",),
    ),
    Defect(
        "html-error-page",
        "errors are HTML pages",
        ("R09", "R39"),
        CONTRACT,
        ("error",),
    ),
    Defect(
        "ignores-stop",
        "stop sequences are ignored",
        ("R39",),
        CONTRACT,
        ("stop",),
    ),
    Defect(
        "missing-done",
        "streams end without [DONE]",
        ("R39",),
        CONTRACT,
        ("stream", "done"),
    ),
    Defect(
        "errors-with-status-200",
        "every 4xx error comes with status 200",
        ("R09", "R39"),
        CONTRACT,
        ("malformed", "bad_input", "unknown_model"),
    ),
    Defect(
        "malformed-tool-call",
        "the arguments of a tool call are JSON that was cut short",
        ("R39",),
        CONTRACT,
        ("tool",),
    ),
    Defect(
        "ignores-json-schema",
        "response_format is ignored",
        ("R39",),
        CONTRACT,
        ("schema", "json"),
    ),
    Defect(
        "finish-reason-missing",
        "unstreamed answers carry finish_reason null",
        ("R01", "R39"),
        CONTRACT,
        ("finish_reason",),
    ),
)

DEFECTS: dict[str, Defect] = {defect.name: defect for defect in _CATALOGUE}


@dataclass(slots=True)
class _Draw:
    """Which requests a defect hits: of every *block* requests exactly *hits*, at random places."""

    rng: random.Random
    hits: int
    block: int
    left: list[bool] = field(default_factory=list)

    def next(self) -> bool:
        if not self.left:
            self.left = [True] * self.hits + [False] * (self.block - self.hits)
            self.rng.shuffle(self.left)
        return self.left.pop()


class Defects:
    """The defects that are switched on.

    Args:
        names: names from `DEFECTS`.
        seed: decides which requests a defect with a share hits.

    Raises:
        UsageError: no such defect.
    """

    def __init__(self, names: Iterable[str] = (), *, seed: int = 0) -> None:
        self._draws: dict[str, _Draw] = {}
        for name in names:
            share = Fraction(known(name).share).limit_denominator(100)
            rng = random.Random(f"{seed}:{name}")  # noqa: S311  a reproducible draw, not a secret
            self._draws[name] = _Draw(rng, share.numerator, share.denominator)

    def on(self, name: str) -> bool:
        """Whether the defect is switched on."""
        return name in self._draws

    def strikes(self, name: str) -> bool:
        """Whether the defect is switched on and hits this request; ask once a request."""
        draw = self._draws.get(name)
        return draw is not None and draw.next()

    @property
    def names(self) -> tuple[str, ...]:
        """What is switched on, in order."""
        return tuple(self._draws)


def known(name: str) -> Defect:
    """The defect called *name*.

    Raises:
        UsageError: no such defect; names the nearest.
    """
    if name in DEFECTS:
        return DEFECTS[name]
    near = get_close_matches(name, DEFECTS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(DEFECTS)}"
    raise UsageError(f"no defect is called {name!r}", where="--defect", hint=hint)
