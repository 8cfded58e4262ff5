"""What an earlier run on the same target measured, for a traffic that goes on with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from seatrial.core.errors import UsageError
from seatrial.core.exchange import Exchange
from seatrial.core.journal import Journal
from seatrial.core.log import Log
from seatrial.core.tenants import Told
from seatrial.load.dataset import journalled
from seatrial.load.ledger import Ledger


class Part(NamedTuple):
    """One stretch of its sending.

    Attributes:
        exchanges: in send order.
        tenants: who has sent each, as the policy counts them; empty where the journal does not tell.
    """

    exchanges: Sequence[Exchange]
    tenants: Sequence[int] = ()


def parts_of(journal: Journal, traffic: str) -> Iterator[Part]:
    """The stretches of one traffic in the journal of a run."""
    own = [event for event in journal.all("exchanges") if event.get("traffic") == traffic]
    exchanges = journalled(journal, traffic)
    for _, events in groupby(own, key=lambda event: event.get("segment", 0)):
        stretch = list(events)
        count = sum(len(event["intended"]) for event in stretch)
        tenants = [tenant for event in stretch for tenant in event.get("tenant", ())]
        yield Part([next(exchanges) for _ in range(count)], tenants)


def enter(parts: Sequence[Part], log: Log, ledger: Ledger) -> float:
    """Put it into *log*, and tell it anew, for the run is judged by its own journal.

    Returns:
        Seconds of sending.

    Raises:
        UsageError: it does not tell who has sent what, and there are tenants.
    """
    span = 0.0
    for number, part in enumerate(parts, 1):
        first = len(log)
        for exchange in part.exchanges:
            log.append(exchange)
            ledger.took(exchange)
        if isinstance(log.tenants, Told):
            _tell(log.tenants, part)
        begin, end = (float(log.intended(place, place + 1)[0]) for place in (first, len(log) - 1))
        log.stretches.append((begin, end))
        ledger.flush(log, number, continued=True)
        span += end - begin
    return span


def _tell(tenants: Told, part: Part) -> None:
    if len(part.tenants) != len(part.exchanges):
        raise UsageError(
            "the run to continue does not tell which tenant has sent what", hint="begin a fresh run"
        )
    tenants.tell(np.asarray(part.tenants, np.int64))
