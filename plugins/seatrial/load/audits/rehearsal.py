"""What the audits measure, each part once: prompts alone and under load, fresh and repeated, canaries."""

from __future__ import annotations

import math
import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from seatrial.core.exchange import Exchange
from seatrial.core.finding import Finding, beside, unproven
from seatrial.core.outcome import Outcome
from seatrial.load.audits.asking import Asker, Batch, Manner
from seatrial.load.audits.client import judge_client
from seatrial.load.audits.flow import judge_flow
from seatrial.load.audits.lengths import judge_lengths
from seatrial.load.audits.quality import judge_quality
from seatrial.load.audits.repeats import first_chunks, judge_repeats, told_hits, whole_answers
from seatrial.load.audits.strangers import asking, canaries, judge_strangers
from seatrial.load.audits.tokens import judge_tokens
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Prompt

COMPARED = 64
"""Prompts that are asked alone and under load: 41 without any change prove the band of 10 %."""
AGAIN = 32
"""Of these, how many are asked a second time alone."""
REPEATED = 32
"""Pairs of a fresh and a repeated prompt."""
PREFIXED = 24
"""Pairs of a fresh and a shared beginning."""
CANARIES = 96
LONGEST = 64
"""Tokens of an answer that an audit asks for at most."""
_PREFIX = (
    "You answer questions for the harbour office of a small town. Be brief, be kind, and never promise what "
    "the tide may take back. Ships that come in at night report by radio and wait at the outer buoy until "
    "the pilot is aboard. Fishing boats pay by the metre, guests by the night, and the lifeboat never pays. "
    "The crane is free in the morning, the slipway on Thursdays, and the ice house after the auction. "
)
_UNCACHED = {"cache-control": "no-cache"}


class Rehearsal:
    """Measures one target for the audits.

    Args:
        asker: asks it.
        prompts: of the policy's traffic, whose numbers the audits protect.
        manner: how that traffic asks.
        concurrency: its load; where it keeps a schedule, *rate* tells more.
        rate: its requests a second, None where it keeps a number in flight.
        beside: requests in flight of another traffic of the policy that keeps a number of them.
        seed: of all that is drawn.
        keys: of its tenants, where the traffic has any.
    """

    def __init__(
        self,
        asker: Asker,
        prompts: Sequence[Prompt],
        manner: Manner,
        *,
        concurrency: int,
        rate: float | None = None,
        beside: int = 0,
        seed: int = 0,
        keys: Sequence[Secret | None] = (),
    ) -> None:
        self._asker = asker
        self._prompts = prompts
        self._manner = replace(manner, max_tokens=min(manner.max_tokens or LONGEST, LONGEST))
        self._concurrency = max(concurrency, beside)
        self._rate = rate
        self._beside = beside
        self._seed = seed
        self._keys = keys

    def needed(self, answer: float) -> tuple[int, int, int]:
        """What all audits ask together: one at a time, under load, and how many are in flight then.

        Args:
            answer: seconds that one is assumed to take.
        """
        load = self._in_flight(answer)
        turns = COMPARED + AGAIN + min(REPEATED, len(self._prompts)) + 2 * REPEATED
        turns += 1 + 2 * PREFIXED if self._manner.stream else 0
        return turns, 2 * load + COMPARED + CANARIES, load

    @property
    def applies(self) -> bool:
        """Whether the target speaks of messages at all: a REST model takes no prompt of ours."""
        return self._asker.config.protocol != "http-json"

    # ---- what is measured, each once

    @cached_property
    def alone(self) -> Batch:
        """The compared prompts, one at a time, then the first of them again."""
        chosen = self._compared
        return self._asker.ask("audit: alone", [*chosen, *chosen[:AGAIN]], self._likely, keep_raw=True)

    @cached_property
    def loaded(self) -> Batch:
        """The compared prompts in the middle of others, with all the load there is."""
        load = self.load
        around = [_fresh(each) for each in self._some(2 * load, "around")]
        asked = [*around[:load], *self._compared, *around[load:]]
        batch = self._asker.ask("audit: under load", asked, self._likely, concurrency=load)
        return Batch(batch.exchanges[load : load + len(self._compared)], batch.late)

    @cached_property
    def load(self) -> int:
        """Requests in flight under load: the policy's, or its rate by the time that an answer takes alone."""
        if self._rate is None:
            return self._in_flight(0.0)
        times = [exchange.done - exchange.sent for exchange in self.alone.exchanges if exchange.ok]
        return self._in_flight(float(np.median(times)) if times else 0.0)

    def _in_flight(self, answer: float) -> int:
        if self._rate is None:
            return max(2, self._concurrency)
        return min(max(2, math.ceil(self._rate * answer), self._beside), self._concurrency)

    @cached_property
    def repeats(self) -> list[tuple[Exchange, Exchange]]:
        """Fresh and repeated prompts of the traffic in turns, asked as the traffic asks.

        A prompt comes again only after many others, as in the traffic: what remembers no more than the last
        one flatters nothing.
        """
        known = self._some(min(REPEATED, len(self._prompts)), "repeated")
        again = [known[at % len(known)] for at in range(REPEATED)]
        fresh = [_fresh(each) for each in self._some(REPEATED, "fresh")]
        asked = [*known, *(each for pair in zip(fresh, again, strict=True) for each in pair)]
        batch = self._asker.ask("audit: repeats", asked, self._manner, keep_raw=True)
        rest = batch.exchanges[len(known) :]
        return list(zip(rest[::2], rest[1::2], strict=True))

    @cached_property
    def prefixed(self) -> list[tuple[Exchange, Exchange]]:
        """Prompts with a long beginning, of their own or shared, in turns."""
        questions = self._some(2 * PREFIXED, "prefixed")
        shared = [_before(each, _PREFIX) for each in questions[:PREFIXED]]
        own = [_fresh(_before(each, _PREFIX)) for each in questions[PREFIXED:]]
        asked = [shared[0], *(each for pair in zip(own, shared, strict=True) for each in pair)]
        rest = self._asker.ask("audit: shared beginning", asked, self._manner).exchanges[1:]
        return list(zip(rest[::2], rest[1::2], strict=True))

    @cached_property
    def called(self) -> tuple[list[str], Batch]:
        """Requests with a canary each, under load, of all tenants in turns."""
        names = canaries(CANARIES, self._seed)
        prompts = [Prompt.of(text) for text in asking(names)]
        return names, self._asker.ask(
            "audit: canaries", prompts, replace(self._manner, keys=self._keys), concurrency=self.load
        )

    # ---- what it shows

    def _guarded(self, judged: Callable[[], Finding], *, compares: bool = False) -> Finding:
        """What *judged* comes to, where the question arises at all and can be seen."""
        if not self.applies:
            return beside(f"the protocol {self._asker.config.protocol} takes no prompt of ours")
        if compares and self._remembered.outcome is Outcome.FAILED:
            why = "answers under load come from a cache: what they would be is not seen"
            return unproven(f"{why} ({self._remembered.reason})", COMPARED)
        return judged()

    @cached_property
    def _remembered(self) -> Finding:
        """Whether what was asked alone is remembered when it is asked again."""
        pairs = list(zip(self._first, self._second, strict=False))
        hits, header = told_hits([again for _, again in pairs])
        return judge_repeats(whole_answers(pairs), "the second time", hits=hits, header=header)

    def lengths(self) -> Finding:
        """Are answers as long under load?"""
        return self._guarded(lambda: judge_lengths(self._first, self.loaded.exchanges), compares=True)

    def tokens(self) -> Finding:
        """Are tokens counted alike under load?"""
        limit = self._manner.max_tokens
        return self._guarded(lambda: judge_tokens(self._first, self.loaded.exchanges, limit), compares=True)

    def quality(self) -> Finding:
        """Are answers as good under load?"""
        return self._guarded(
            lambda: judge_quality(self._first, self._second, self.loaded.exchanges), compares=True
        )

    def flow(self) -> Finding:
        """Do streams flow under load?"""
        return self._guarded(
            lambda: judge_flow(self._first, self.loaded.exchanges, self.loaded.late), compares=True
        )

    def client(self) -> Finding:
        """Is it the target that is measured?"""
        return self._guarded(lambda: judge_client(self.loaded.exchanges, self.loaded.late))

    def cached(self) -> Finding:
        """Are repeated prompts answered from a cache?"""
        return self._guarded(self._cached)

    def _cached(self) -> Finding:
        hits, header = told_hits([repeated for _, repeated in self.repeats])
        return judge_repeats(
            whole_answers(self.repeats), "than fresh ones beside them", hits=hits, header=header
        )

    def prefix(self) -> Finding:
        """Does a beginning that was read before make the first chunk come sooner?"""
        return self._guarded(self._prefix)

    def _prefix(self) -> Finding:
        if not self._manner.stream:
            return beside("answers are not streamed: there is no first chunk to come sooner")
        if self._cached().outcome is Outcome.FAILED:
            return unproven("whole answers come from a cache", len(self.repeats))
        own = judge_repeats(first_chunks(self.repeats), "(first chunk) than fresh ones beside them")
        if own.outcome is not Outcome.PASSED:
            return own
        shared = judge_repeats(first_chunks(self.prefixed), "(first chunk) behind a shared long beginning")
        if shared.outcome is Outcome.FAILED:
            why = f"{shared.reason}; the prompts of this traffic gain nothing from it"
            return replace(shared, outcome=Outcome.WARNED, reason=why)
        return replace(shared, n=shared.n + own.n)

    def strangers(self) -> Finding:
        """Does anybody get another one's answer?"""
        return self._guarded(lambda: judge_strangers(self.called[0], self.called[1].exchanges))

    # ---- prompts

    @property
    def _first(self) -> Sequence[Exchange]:
        return self.alone.exchanges[:COMPARED]

    @property
    def _second(self) -> Sequence[Exchange]:
        return self.alone.exchanges[COMPARED:]

    @cached_property
    def _compared(self) -> list[Prompt]:
        chosen = self._some(COMPARED, "compared")
        # Fewer prompts than that: a number makes each a question of its own.
        known = len(self._prompts)
        return [_after(each, f" (No. {at})") if at >= known else each for at, each in enumerate(chosen)]

    @property
    def _likely(self) -> Manner:
        """Asks for the most likely answer, as a stream, and for a fresh one where the target can be told."""
        params: dict[str, Any] = {**(self._manner.params or {}), "temperature": 0}
        return replace(self._manner, stream=True, params=params, headers=_UNCACHED)

    def _some(self, count: int, what: str) -> list[Prompt]:
        """*count* prompts of the traffic in random order, each again only after all others."""
        rng = random.Random(f"audits:{self._seed}:{what}")  # noqa: S311  a reproducible draw, not a secret
        drawn: list[Prompt] = []
        while len(drawn) < count:
            drawn += rng.sample(list(self._prompts), len(self._prompts))
        return drawn[:count]


def _fresh(prompt: Prompt) -> Prompt:
    """The same question behind a word that nobody has said before, so that no cache knows even its beginning.

    Not from the seed: what a run has said once is no longer fresh when it is repeated.
    """
    return _before(prompt, f"[{secrets.token_hex(6)}] ")


def _before(prompt: Prompt, text: str) -> Prompt:
    first, *rest = prompt.messages
    return replace(prompt, messages=({**first, "content": _joined(text, first.get("content"))}, *rest))


def _after(prompt: Prompt, text: str) -> Prompt:
    *rest, last = prompt.messages
    return replace(prompt, messages=(*rest, {**last, "content": _joined(None, last.get("content"), text)}))


def _joined(before: str | None, content: Any, after: str | None = None) -> Any:
    """Text around a content that is text, or a list of parts."""
    if isinstance(content, list):
        parts = [{"type": "text", "text": text} if text else None for text in (before, after)]
        return [part for part in (parts[0], *content, parts[1]) if part]
    return f"{before or ''}{content or ''}{after or ''}"
