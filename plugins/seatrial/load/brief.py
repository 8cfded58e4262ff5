"""What a worker process has to know: a target, prompts and how to ask them.

It goes over the pipe to our own child as JSON, secrets among it: a `Secret` is not pickled, and neither the
command line nor the environment of a process is a place for one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from importlib import import_module
from typing import Any

from seatrial.targets.config import HttpJson, TargetConfig, Timeouts, Tls
from seatrial.targets.secret import Secret
from seatrial.targets.wire import PROTOCOLS, Prompt


@dataclass(frozen=True)
class Brief:
    """What a worker has to know.

    Attributes:
        config: the target.
        prompts: in the order of their numbers.
        stream: whether answers are asked for as a stream.
        connections: most connections of this one worker.
        zero: the zero of all times of its exchanges, on `clock`, which all processes of a machine share.
        keys: the tenants' API keys, where there are tenants; None for the target's own.
    """

    config: TargetConfig
    prompts: Sequence[Prompt]
    stream: bool
    connections: int
    zero: float = 0.0
    keys: Sequence[Secret | None] = ()

    def to_bytes(self) -> bytes:
        """The brief as bytes; it holds the target's key."""
        factory = PROTOCOLS.get(self.config.protocol)
        told = {
            "config": _plain_config(self.config),
            "prompts": [prompt.to_dict() for prompt in self.prompts],
            "stream": self.stream,
            "connections": self.connections,
            "zero": self.zero,
            "keys": [None if key is None else key.reveal() for key in self.keys],
            # A protocol from outside is known where its module was imported.
            "module": getattr(factory, "__module__", None),
        }
        return json.dumps(told).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Brief:
        """The brief that was made into *data*."""
        told = json.loads(data)
        if told["module"]:
            import_module(told["module"])
        return cls(
            _config(told["config"]),
            tuple(Prompt.from_dict(prompt) for prompt in told["prompts"]),
            told["stream"],
            told["connections"],
            told["zero"],
            tuple(None if key is None else Secret(key) for key in told["keys"]),
        )


def _plain_config(config: TargetConfig) -> dict[str, Any]:
    plain = {field.name: getattr(config, field.name) for field in fields(config)}
    options = config.http_json
    if options is not None:
        plain["http_json"] = {field.name: getattr(options, field.name) for field in fields(options)}
        plain["http_json"]["headers"] = _plain_headers(options.headers)
    plain["headers"] = _plain_headers(config.headers)
    plain["api_key"] = None if config.api_key is None else config.api_key.reveal()
    plain["timeouts"], plain["tls"] = asdict(config.timeouts), asdict(config.tls)
    plain["capabilities"] = sorted(config.capabilities)
    return plain


def _config(plain: dict[str, Any]) -> TargetConfig:
    options = plain["http_json"]
    if options is not None:
        options = HttpJson(**{**options, "headers": _headers(options["headers"])})
    return TargetConfig(
        **{
            **plain,
            "headers": _headers(plain["headers"]),
            "timeouts": Timeouts(**plain["timeouts"]),
            "tls": Tls(**plain["tls"]),
            "capabilities": frozenset(plain["capabilities"]),
            "http_json": options,
        }
    )


def _plain_headers(headers: Mapping[str, str | Secret]) -> dict[str, Any]:
    return {
        name: {"secret": value.reveal()} if isinstance(value, Secret) else value
        for name, value in headers.items()
    }


def _headers(plain: Mapping[str, Any]) -> dict[str, str | Secret]:
    return {
        name: Secret(value["secret"]) if isinstance(value, dict) else value for name, value in plain.items()
    }
