"""Errors: typed, in JSON, and silent about the inside of the house."""

from __future__ import annotations

from .probe import Probe, content_type, failed, is_json, listed, parsed, told
from .wire import everything_said, internals


def test_an_error_is_typed_json(probe: Probe) -> None:
    """A refused request is told why, as the protocol's error object with a 4xx status."""
    wrong = {"malformed JSON": b'{"model": '}
    if probe.dialect.chat:
        wrong["a request without messages"] = probe.encoded(messages=...)
    for what, body in wrong.items():
        exchange = probe.raw(body)
        if not 400 <= exchange.status < 500:
            failed(f"{what}: {told(exchange)}, not a 4xx")
        kind = content_type(exchange)
        if not is_json(kind):
            failed(f"{what}: content type {kind!r}, not JSON")
        problems = probe.dialect.error(parsed(exchange))
        if problems:
            failed(f"{what}: {listed(problems)}")


def test_an_error_shows_no_internals(probe: Probe) -> None:
    """No error shows a stack trace, a path of the source or the like."""
    probe.raw(b'{"model": ]')
    probe.raw(probe.encoded(messages=7) if probe.dialect.chat else b"[[[[]]]]")
    probe.raw(b"{}", path="seatrial/no/such/path")
    for exchange in probe.refused:
        leak = internals(everything_said(exchange))
        if leak is not None:
            failed(f"one of {len(probe.refused)} errors (status {exchange.status}) shows {leak[:120]!r}")


def test_an_unknown_path_is_not_found(probe: Probe) -> None:
    """A path that does not exist is refused with 4xx."""
    exchange = probe.raw(probe.encoded(), path="seatrial/no/such/path")
    if not 400 <= exchange.status < 500:
        failed(f"{told(exchange)} for a path that does not exist, not a 4xx")


def test_a_wrong_method_is_refused(probe: Probe) -> None:
    """A method that the generating path does not know is refused, not served and not a crash."""
    exchange = probe.raw(b"", method="DELETE")
    refused = 400 <= exchange.status < 500 or exchange.status == 501
    if not refused:
        failed(f"{told(exchange)} for DELETE on the generating path, not a 4xx")
