"""Stop sequences."""

from __future__ import annotations

import re
from typing import Any

from seatrial.pytest import inconclusive, not_applicable

from .probe import PROMPTS, Probe, failed, told


def test_a_stop_sequence_ends_the_answer(probe: Probe) -> None:
    """An answer ends before the stop sequence that was asked for."""
    probe.needs_chat()
    for prompt in PROMPTS[:3]:
        plain = probe.answer(prompt)
        word = _word_in_the_middle(plain.text)
        if word is None:
            continue
        stop: dict[str, Any] = {probe.dialect.stop: [word]}
        exchange = probe.ask(prompt, **stop)
        if 400 <= exchange.status < 500 and exchange.status != 429:
            not_applicable(f"the target refuses stop sequences and says so: {told(exchange)}")
        if not exchange.ok and exchange.text == "":
            continue
        if word in exchange.text:
            failed(f"asked to stop at {word!r}, it went on: {exchange.text[:120]!r}")
        if plain.text[: plain.text.index(word)].strip() == exchange.text.strip():
            allowed = probe.dialect.whole
            if exchange.finish_reason not in allowed:
                failed(f"stopped at {word!r}, it claims {exchange.finish_reason!r}")
            return
    inconclusive("no answer came twice, so that it could be told whether the stop sequence ended it")


def _word_in_the_middle(text: str) -> str | None:
    """A word of the answer with enough before it to tell, None for an answer too short."""
    words = [found for found in re.finditer(r"[A-Za-z]{4,}", text) if found.start() >= 8]
    later = [found.group(0) for found in words if text.index(found.group(0)) == found.start()]
    return later[len(later) // 2] if later else None
