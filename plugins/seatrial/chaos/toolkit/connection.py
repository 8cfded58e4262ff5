"""Where an experiment's target and fault proxy are: from the arguments, its configuration, or the
environment.

| configuration key | environment variable | default |
|---|---|---|
| target_url | SEATRIAL_TARGET_URL | http://127.0.0.1:4000/v1 |
| target_protocol | SEATRIAL_TARGET_PROTOCOL | openai-chat |
| target_model | SEATRIAL_TARGET_MODEL | chat |
| toxiproxy_url | SEATRIAL_CONTROL_URL | http://127.0.0.1:8474 |

``toxiproxy_url`` is the key that chaostoolkit-toxiproxy reads, too. The target's key is a secret and no
configuration: ``api_key`` among the secrets that an activity names, or SEATRIAL_TARGET_KEY. It is never an
argument, and so it never gets into an experiment's journal.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from seatrial.core.units import parse_duration
from seatrial.faults.client import ControlClient
from seatrial.targets.config import TargetConfig, Timeouts
from seatrial.targets.secret import Redactor, Secret

Settings = Mapping[str, Any] | None

SOURCES = {
    "target_url": ("SEATRIAL_TARGET_URL", "http://127.0.0.1:4000/v1"),
    "target_protocol": ("SEATRIAL_TARGET_PROTOCOL", "openai-chat"),
    "target_model": ("SEATRIAL_TARGET_MODEL", "chat"),
    "toxiproxy_url": ("SEATRIAL_CONTROL_URL", "http://127.0.0.1:8474"),
}
KEY = "SEATRIAL_TARGET_KEY"


def setting(name: str, configuration: Settings) -> str:
    """One setting: of the configuration, of the environment, or its default."""
    variable, default = SOURCES[name]
    return str((configuration or {}).get(name) or os.environ.get(variable) or default)


def control(configuration: Settings) -> ControlClient:
    """The fault proxy's control API.

    Raises:
        UsageError: its address is none.
    """
    host, port = ((configuration or {}).get(f"toxiproxy_{part}") for part in ("host", "port"))
    if host and not (configuration or {}).get("toxiproxy_url"):
        return ControlClient(f"http://{host}:{port or 8474}")
    return ControlClient(setting("toxiproxy_url", configuration))


def target(configuration: Settings, secrets: Settings, timeout: str) -> TargetConfig:
    """The target, with one bound on every kind of waiting."""
    seconds = parse_duration(timeout)
    key = (secrets or {}).get("api_key") or os.environ.get(KEY)
    return TargetConfig(
        name="target",
        protocol=setting("target_protocol", configuration),
        uri=setting("target_url", configuration),
        model=setting("target_model", configuration),
        api_key=Secret(key) if key else None,
        timeouts=Timeouts(min(5.0, seconds), seconds, seconds, seconds),
    )


def redactor(secrets: Settings) -> Redactor:
    """Hides every secret of an experiment, and the target's key."""
    return Redactor([os.environ.get(KEY), *_texts(secrets or {})])


def _texts(secrets: Any) -> Iterator[str]:
    """Every text in a tree of secrets."""
    if isinstance(secrets, Mapping):
        for value in secrets.values():
            yield from _texts(value)
    elif isinstance(secrets, str):
        yield secrets
