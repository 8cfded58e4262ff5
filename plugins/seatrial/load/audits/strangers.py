"""Does anybody get an answer that was made for somebody else?

Every request names a person that no other names, and asks to be addressed: an answer with another one's name
was made for the other. Once is too often, so nothing here is statistical but how much has been looked at.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from seatrial.core.evidence.fixed import clopper_pearson
from seatrial.core.exchange import Exchange
from seatrial.core.finding import Finding, failed, passed, unproven
from seatrial.core.units import format_share

ECHOED = 0.1
"""The share of answers that must hold their own canary; where hardly any does, silence proves nothing."""
FEWEST = 16
_SYLLABLES = (
    "bal",
    "cor",
    "dun",
    "fel",
    "gor",
    "hal",
    "jor",
    "kel",
    "lom",
    "mir",
    "nor",
    "pel",
    "quin",
    "rov",
)
_TEMPLATE = "Write a short note to {canary} about {topic}, and begin with the name {canary}."
# What is mixed up shows only where the answer that is given again holds a name: several, so that one does.
_TOPICS = (
    "the morning watch",
    "a loose rope",
    "the price of ice",
    "two lost oars",
    "the new buoy",
    "fog at the pier",
    "a late ferry",
    "the old crane",
    "salt on the deck",
    "a torn sail",
    "the harbour cat",
    "three crates of fish",
    "the tide on Monday",
    "a broken lamp",
    "the pilot's boat",
    "wet paint",
    "the key of the shed",
    "a letter from home",
    "the storm of March",
    "coffee in the galley",
    "the rusty chain",
    "a cold night",
    "the first herring",
    "an empty berth",
)


def canaries(count: int, seed: int) -> list[str]:
    """*count* names of 9 to 12 letters, each once, none within another."""
    rng = random.Random(f"canaries:{seed}")  # noqa: S311  a reproducible draw, not a secret
    found: dict[str, None] = {}
    while len(found) < count:
        name = "".join(rng.choice(_SYLLABLES) for _ in range(4))[:12].capitalize()
        if len(name) == 12:
            found[name] = None
    return list(found)


def asking(canaries: Sequence[str]) -> list[str]:
    """The prompt of each person: several in turns differ in the name alone."""
    return [
        _TEMPLATE.format(canary=canary, topic=_TOPICS[number % len(_TOPICS)])
        for number, canary in enumerate(canaries)
    ]


def judge_strangers(names: Sequence[str], answers: Sequence[Exchange]) -> Finding:
    """Decide about "no answer holds the canary of another request".

    Args:
        names: the canary of each request.
        answers: what came back, in the same order.
    """
    told = [(name, answer.text.lower()) for name, answer in zip(names, answers, strict=True) if answer.ok]
    if len(told) < FEWEST:
        return unproven(f"only {len(told)} of {len(names)} requests were answered", len(told))
    lowered = {name: name.lower() for name in names}
    foreign = [
        (name, other)
        for name, text in told
        for other, word in lowered.items()
        if other != name and word in text
    ]
    if foreign:
        mine, theirs = foreign[0]
        hit = len({name for name, _ in foreign})
        return failed(
            f"{hit} of {len(told)} answers hold another one's canary: {theirs} was told to {mine}",
            len(told),
            hit,
        )
    echoed = sum(lowered[name] in text for name, text in told)
    numbers = {"echoed": echoed}
    if echoed < ECHOED * len(told):
        why = f"only {echoed} of {len(told)} answers hold even their own canary: a mix-up would not be seen"
        return unproven(why, len(told), **numbers)
    upper = format_share(clopper_pearson(0, len(told))[1])
    why = f"none of {len(told)} answers holds another one's canary"
    return passed(f"{why} (below {upper}; a share of zero cannot be proven)", len(told), **numbers)
