"""A model that does not exist is not served."""

from __future__ import annotations

from uuid import uuid4

from .probe import Probe, failed, parsed, told


def test_an_unknown_model_is_not_served(probe: Probe) -> None:
    """A request for a model that does not exist is refused, not silently served by another.

    A server of one model may ignore the name, as many do, if it does so in the open: its list of models holds
    that one model, and the answer names it. An answer under the unknown name, or from a server that lists
    several models (where the name is what routes), is a wrong model served in silence.
    """
    probe.needs_chat()
    unknown = f"seatrial-no-such-model-{uuid4().hex[:8]}"
    exchange = probe.send("Say yes.", model=unknown, params={"max_tokens": 8})
    if 400 <= exchange.status < 500:
        return
    if exchange.status != 200:
        failed(f"{told(exchange)} for a model that does not exist, not a 4xx")
    if exchange.model == unknown:
        failed("a model that does not exist is served, under its own name")
    models = _listed(probe)
    if models != [exchange.model]:
        failed(f"an unknown model is served by {exchange.model!r}; the target lists {models or 'no models'}")


def _listed(probe: Probe) -> list[str]:
    body = parsed(probe.target.get("models"))
    data = body.get("data") if isinstance(body, dict) else None
    return [str(item.get("id")) for item in data if isinstance(item, dict)] if isinstance(data, list) else []
