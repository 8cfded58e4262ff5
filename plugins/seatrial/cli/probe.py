"""Finds out how an endpoint wants to be asked: protocol, address, model, streaming; and how fast it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from seatrial.core.errors import UsageError
from seatrial.core.exchange import Exchange
from seatrial.targets.config import TargetConfig, Timeouts
from seatrial.targets.target import Target

PROTOCOLS = ("openai-chat", "anthropic-messages")
ROUNDS = 8
PROMPT = "Reply with one short sentence."
PATIENCE = Timeouts(connect=5.0, first_byte=30.0, idle=30.0, total=60.0)
_REFUSED = (401, 403)


@dataclass(frozen=True)
class Endpoint:
    """What was found out.

    Attributes:
        models: every model the endpoint lists, the one that was asked first.
        streams: whether it streams.
        durations: seconds to the last byte of each good answer.
        first_chunks: seconds to the first chunk, where it streams.
        sent: requests that were needed to find out.
    """

    uri: str
    protocol: str
    model: str | None
    models: tuple[str, ...] = ()
    streams: bool = False
    durations: tuple[float, ...] = ()
    first_chunks: tuple[float, ...] = ()
    sent: int = 0


def probe(url: str, *, model: str | None = None, api_key: str | None = None) -> Endpoint:
    """Find out how *url* wants to be asked.

    Args:
        url: base address, with or without ``/v1``.
        model: to ask for; by default the first one the endpoint lists.
        api_key: sent as the protocol sends keys.

    Raises:
        UsageError: nothing answers there, a key is needed, or no chat protocol is spoken.
    """
    tried: list[tuple[int, str]] = []
    for uri, protocol in _candidates(url):
        config = TargetConfig("bot", protocol, uri, model, timeouts=PATIENCE)
        if api_key:
            config = config.with_(api_key=api_key)
        with Target(config) as target:
            models = _models(target)
            asked = model or next(iter(models), None)
            first = target.send(PROMPT, model=asked, max_tokens=32)
            if first.ok:
                found = Endpoint(uri, protocol, asked, models, sent=target.count)
                return _measured(target, found)
            tried.append((first.status, f"{protocol} at {uri}: {_said(first)}"))
            if first.status == 0:
                break
    raise _nothing(tried, bool(api_key))


def _candidates(url: str) -> Iterator[tuple[str, str]]:
    base = url.rstrip("/")
    for uri in (base,) if base.endswith("/v1") else (base, f"{base}/v1"):
        for protocol in PROTOCOLS:
            yield uri, protocol


def _models(target: Target) -> tuple[str, ...]:
    """Ids of the models that the endpoint lists; none where it lists none."""
    answer = target.get("models")
    try:
        listed = json.loads(answer.raw.body)["data"] if answer.raw and answer.status == 200 else []
        return tuple(str(entry["id"]) for entry in listed)
    except (ValueError, KeyError, TypeError):
        return ()


def _measured(target: Target, found: Endpoint) -> Endpoint:
    streamed = [target.send(PROMPT, model=found.model, max_tokens=32, stream=True) for _ in range(ROUNDS)]
    good = [answer for answer in streamed if answer.ok and answer.streamed]
    streams = bool(good)
    if not streams:
        plain = [target.send(PROMPT, model=found.model, max_tokens=32) for _ in range(ROUNDS)]
        good = [answer for answer in plain if answer.ok]
    return replace(
        found,
        streams=streams,
        durations=tuple(answer.duration for answer in good),
        first_chunks=tuple(answer.time_to_first_chunk for answer in good) if streams else (),
        sent=target.count,
    )


def _said(answer: Exchange) -> str:
    status = f"status {answer.status}, " if answer.status else ""
    return f"{status}{answer.detail or answer.error}"


def _nothing(tried: Sequence[tuple[int, str]], with_key: bool) -> UsageError:
    refused = [said for status, said in tried if status in _REFUSED]
    if with_key and refused and refused[0].startswith(PROTOCOLS[0]):
        return UsageError(f"the endpoint refuses this key ({refused[0]})", hint="see what the variable holds")
    if refused and not with_key:
        return UsageError(
            f"the endpoint wants a key ({refused[0]})",
            hint="put it into an environment variable, and name that: --api-key-env BOT_KEY",
        )
    return UsageError(
        f"no chat protocol answers there ({'; '.join(said for _, said in tried)})",
        hint="is the address right, up to and including /v1? For any other REST model write a target with "
        "protocol http-json: seatrial policy schema",
    )
