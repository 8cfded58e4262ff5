"""Bad input is answered with 4xx, never with 5xx and never with silence."""

from __future__ import annotations

import pytest

from seatrial.core.exchange import Exchange
from seatrial.pytest import inconclusive, not_applicable

from .bad_requests import ANY_REST, NO_REQUEST, ODD
from .probe import TRIES, Probe, failed, told, wait_as_told

OVERLOADED = frozenset({429, 503, 529})


@pytest.mark.parametrize("case", NO_REQUEST)
def test_what_is_no_request_is_refused(probe: Probe, case: str) -> None:
    """A request that breaks the protocol is refused with 4xx."""
    if not probe.dialect.chat and case not in ANY_REST:
        not_applicable("whether this breaks the model's schema cannot be told from outside")
    exchange = _confirmed(probe, NO_REQUEST[case](probe.body()))
    if not 400 <= exchange.status < 500:
        failed(f"{case}: {told(exchange)}, not a 4xx")


@pytest.mark.parametrize("case", ODD)
def test_odd_input_breaks_nothing(probe: Probe, case: str) -> None:
    """Input that is odd is served or refused: no 5xx, no broken connection, no silence."""
    probe.needs_chat()
    exchange = _confirmed(probe, ODD[case](probe.body()))
    if not 200 <= exchange.status < 500:
        failed(f"{case}: {told(exchange)}")


def test_a_wrong_content_type_breaks_nothing(probe: Probe) -> None:
    """A right request under a wrong content type is served or refused: no 5xx, no silence."""
    exchange = _confirmed(probe, probe.encoded(), headers={"content-type": "text/plain"})
    if not 200 <= exchange.status < 500:
        failed(told(exchange))


def test_it_still_answers_afterwards(probe: Probe) -> None:
    """After all the bad input the target still gives a good answer."""
    for body in (b"{", NO_REQUEST["malformed-json"](probe.body())):
        probe.raw(body)
    before = len(probe.seen)
    for _ in range(TRIES):
        exchange = probe.ask()
        if exchange.ok:
            return
        wait_as_told(exchange)
    if before:
        failed(
            f"{before} good answers before the bad input, none in {TRIES} tries after it: {told(exchange)}"
        )
    inconclusive(f"no complete answer in {TRIES} tries, nor any before the bad input: {told(exchange)}")


def _confirmed(probe: Probe, body: bytes, **how: object) -> Exchange:
    """The answer to *body*; a failure must come twice before the input is blamed for it."""
    exchange = probe.raw(body, **how)
    for _ in range(2):
        if 0 < exchange.status < 500 and exchange.status != 429:
            return exchange
        wait_as_told(exchange)
        exchange = probe.raw(body, **how)
        if exchange.status not in OVERLOADED:
            return exchange
    inconclusive(f"the target is overloaded: {told(exchange)}")
