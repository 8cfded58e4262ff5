"""What the audits measure: a target whose first chunk comes sooner for what it has read before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from seatrial.core.exchange import Exchange
from seatrial.core.outcome import Outcome
from seatrial.load.audits.asking import Asker, Batch, Manner
from seatrial.load.audits.rehearsal import Rehearsal
from seatrial.targets.config import TargetConfig
from seatrial.targets.wire import Prompt

READ = 100
"""Characters of a beginning that a target of these keeps."""


class Remembering(Asker):
    """Begins its answers late, but for prompts that begin as one that was asked before.

    Args:
        beginning: characters that are compared; 0 remembers nothing.
        whole: whether a whole prompt is remembered as well, however short it is.
    """

    def __init__(self, beginning: int = 0, *, whole: bool = False) -> None:
        super().__init__(TargetConfig(name="bot", uri="http://127.0.0.1:9/v1", model="small"))
        self._beginning, self._whole = beginning, whole
        self._seen: set[str] = set()

    def ask(self, name: str, prompts: Sequence[Prompt], manner: Manner, **how: Any) -> Batch:
        return Batch([self._answer(at, str(prompt.text)) for at, prompt in enumerate(prompts)])

    def _answer(self, at: int, text: str) -> Exchange:
        kept = {text[: self._beginning]} if 0 < self._beginning <= len(text) else set()
        kept |= {text} if self._whole else set()
        first = 0.001 if kept & self._seen else 0.1
        self._seen |= kept
        gaps = (0.01,) * 10
        return Exchange(at, 0, 0, first + sum(gaps), first_chunk=first, gaps=gaps, streamed=True, text="So.")


def rehearsal(asker: Asker, *, stream: bool = True) -> Rehearsal:
    prompts = [Prompt.of(f"What is the depth at berth {number}?") for number in range(40)]
    return Rehearsal(asker, prompts, Manner(stream), concurrency=4)


@pytest.mark.parametrize(
    ("asker", "outcome", "said"),
    [
        (Remembering(), Outcome.PASSED, "0 of 24"),
        (Remembering(READ), Outcome.WARNED, "gain nothing from it"),
        (Remembering(whole=True), Outcome.FAILED, "32 of 32 repeated prompts"),
    ],
    ids=["forgets", "knows-long-beginnings", "knows-whole-prompts"],
)
def test_what_was_read_before_is_seen(asker: Asker, outcome: Outcome, said: str) -> None:
    found = rehearsal(asker).prefix()
    assert (found.outcome, said in found.reason) == (outcome, True), found.reason


def test_without_a_stream_there_is_no_first_chunk() -> None:
    assert rehearsal(Remembering(), stream=False).prefix().outcome is Outcome.NOT_APPLICABLE
