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
        caught_by: the suites whose checks notice it.
        caught: an objective's name, or a test's: at least one of the checks with these names turns red.
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
        ("test_streamed_and_unstreamed_answers_agree",),
        share=0.5,
    ),
    Defect(
        "truncates-stream",
        "20 % of the streams end half-way without finish_reason, usage or [DONE]",
        ("R01", "R09"),
        ("sla", "contract"),
        ("complete-answers", "test_a_stream_ends_as_the_protocol_says"),
        share=0.2,
    ),
    Defect(
        "buffers-stream",
        "a streamed answer is held back and sent in one piece at its end",
        ("R39",),
        CONTRACT,
        ("test_chunks_come_as_they_are_made",),
    ),
    Defect(
        "wrong-usage",
        "usage tells three times the completion tokens and the same prompt tokens for every prompt",
        ("R10",),
        CONTRACT,
        ("test_the_same_prompt_counts_the_same", "test_a_cut_answer_counts_what_was_allowed"),
    ),
    Defect(
        "unknown-model-accepted",
        "a model that does not exist is answered by the default model",
        ("R16", "R39"),
        CONTRACT,
        ("test_an_unknown_model_is_not_served",),
    ),
    Defect(
        "server-error-on-malformed",
        "malformed input is answered with 500 and a stack trace as plain text",
        ("R16",),
        CONTRACT,
        ("test_what_is_no_request_is_refused",),
    ),
    Defect(
        "no-authentication",
        "a missing or wrong API key is let in",
        ("R16",),
        CONTRACT,
        ("test_no_key_is_refused", "test_a_wrong_key_is_refused"),
    ),
    Defect(
        "key-echoed-in-error",
        "the message of a 401 repeats the whole key that was sent",
        ("R16", "R03"),
        CONTRACT,
        ("test_the_key_is_never_echoed",),
    ),
    Defect(
        "health-lies",
        "generation hangs for ever while /health and /ready stay 200",
        ("R20", "R09"),
        ("contract", "sla"),
        ("test_health_tells_the_truth", "availability"),
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
        ("identity",),
        ("test_answers_name_the_model_that_was_asked_for",),
    ),
    Defect(
        "stream-differs",
        "streamed chunks lose their leading space, so that streamed and unstreamed answers disagree",
        ("R39",),
        CONTRACT,
        ("test_streamed_and_unstreamed_answers_agree",),
    ),
    Defect(
        "sse-content-type-wrong",
        "a stream is declared as application/json",
        ("R39",),
        CONTRACT,
        ("test_a_stream_is_well_formed",),
    ),
    Defect(
        "usage-missing-in-stream",
        "stream_options.include_usage is ignored",
        ("R10",),
        CONTRACT,
        ("test_a_stream_reports_usage_when_asked",),
    ),
    Defect(
        "stack-trace-in-error",
        "the message of an error ends with a stack trace",
        ("R16",),
        CONTRACT,
        ("test_an_error_shows_no_internals",),
    ),
    Defect(
        "ignores-max-tokens",
        "max_tokens is ignored",
        ("R10",),
        CONTRACT,
        ("test_a_cut_answer_says_so", "test_a_cut_answer_counts_what_was_allowed"),
    ),
    Defect(
        "html-error-page",
        "errors are HTML pages",
        ("R09", "R39"),
        CONTRACT,
        ("test_an_error_is_typed_json",),
    ),
    Defect(
        "ignores-stop",
        "stop sequences are ignored",
        ("R39",),
        CONTRACT,
        ("test_a_stop_sequence_ends_the_answer",),
    ),
    Defect(
        "missing-done",
        "streams end without [DONE]",
        ("R39",),
        CONTRACT,
        ("test_a_stream_ends_as_the_protocol_says",),
    ),
    Defect(
        "errors-with-status-200",
        "every 4xx error comes with status 200",
        ("R09", "R39"),
        CONTRACT,
        ("test_what_is_no_request_is_refused",),
    ),
    Defect(
        "malformed-tool-call",
        "the arguments of a tool call are JSON that was cut short",
        ("R39",),
        CONTRACT,
        ("test_tools_are_called",),
    ),
    Defect(
        "ignores-json-schema",
        "response_format is ignored",
        ("R39",),
        CONTRACT,
        ("test_json_schema_is_kept",),
    ),
    Defect(
        "finish-reason-missing",
        "unstreamed answers carry finish_reason null",
        ("R01", "R39"),
        CONTRACT,
        ("test_the_finish_reason_is_one_of_the_protocol",),
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
