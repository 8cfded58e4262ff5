"""From a policy's targets to what the measuring client needs to know of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seatrial.targets.config import HttpJson, TargetConfig, Timeouts, Tls
from seatrial.targets.secret import Secret

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.target import TargetSpec


def targets(loaded: LoadedPolicy) -> dict[str, TargetConfig]:
    """The policy's targets as the client needs them, by name."""
    return {spec.name: _target(spec, loaded, number) for number, spec in enumerate(loaded.spec.targets)}


def _target(spec: TargetSpec, loaded: LoadedPolicy, number: int) -> TargetConfig:
    http, limits = spec.http, spec.timeouts
    authorities = loaded.file("spec", "targets", number, "tls", "ca")
    return TargetConfig(
        name=spec.name,
        protocol=spec.protocol,
        uri=spec.uri,
        model=spec.model,
        api_key=Secret(spec.apiKey.reveal()) if spec.apiKey else None,
        headers=_headers(spec.headers),
        timeouts=Timeouts(limits.connect, limits.first_byte, limits.idle, limits.total),
        tls=Tls(verify=spec.tls.verify, ca_file=str(authorities) if authorities else None),
        http_json=None
        if http is None
        else HttpJson(
            method=http.method,
            path=http.path or "",
            headers=_headers(http.headers),
            body=http.body,
            answer=http.answer,
        ),
        max_body=spec.maxBody,
        capabilities=frozenset(spec.capabilities),
        health=spec.health,
    )


def _headers(headers: Mapping[str, Any]) -> dict[str, str | Secret]:
    return {
        name: value if isinstance(value, str) else Secret(value.reveal()) for name, value in headers.items()
    }
