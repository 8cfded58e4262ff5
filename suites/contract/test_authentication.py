"""Who may ask: nobody without the right key. And the key stays secret."""

from __future__ import annotations

from uuid import uuid4

from seatrial.core.exchange import Exchange
from seatrial.pytest import not_applicable

from .probe import Probe, failed, told
from .wire import echoes, everything_said

REFUSED = frozenset({401, 403})


def test_no_key_is_refused(probe: Probe) -> None:
    """A request without a key is refused with 401 or 403."""
    _needs_key(probe)
    for stream in (False, True) if probe.dialect.chat else (False,):
        exchange = probe.send("Say yes.", stream=stream, api_key=None, params=_cheap(probe))
        _refused(exchange, "without a key")


def test_a_wrong_key_is_refused(probe: Probe) -> None:
    """A request with a wrong key is refused with 401 or 403, however near the right one it comes."""
    key = _needs_key(probe)
    near = key[:-1] + ("b" if key[-1] == "a" else "a")
    for what, wrong in (("with a foreign key", _canary()), ("with the key's last letter changed", near)):
        exchange = probe.send("Say yes.", api_key=wrong, params=_cheap(probe))
        _refused(exchange, what)


def test_the_key_is_never_echoed(probe: Probe) -> None:
    """No answer and no error holds the key that was sent, be it right or wrong."""
    canary = _canary()
    for body in (b"{", probe.encoded()):
        exchange = probe.raw(body, api_key=canary)
        if echoes(canary, everything_said(exchange)):
            failed(f"the key sent comes back in a status {exchange.status}")
    if probe.key is None:
        return
    exchanges = [probe.raw(b"{"), probe.raw(b"{}", path="seatrial/no/such/path"), *probe.refused, *probe.seen]
    for exchange in exchanges:
        if echoes(probe.key, everything_said(exchange)):
            failed(f"our key comes back in a status {exchange.status}")


def _needs_key(probe: Probe) -> str:
    if probe.key is None:
        not_applicable("the policy names no key for this target")
    return probe.key


def _refused(exchange: Exchange, how: str) -> None:
    if exchange.status not in REFUSED:
        failed(f"{told(exchange)} for a request {how}, not 401 or 403")


def _canary() -> str:
    return f"sk-seatrial-{uuid4().hex}"


def _cheap(probe: Probe) -> dict[str, int] | None:
    return {"max_tokens": 8} if probe.dialect.chat else None
