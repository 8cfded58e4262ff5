"""From a policy's targets to what the measuring client needs to know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seatrial.targets.config import HttpJson, TargetConfig, Timeouts, Tls

if TYPE_CHECKING:
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.target import Http, TargetSpec


def targets(loaded: LoadedPolicy) -> dict[str, TargetConfig]:
    """The policy's targets as the client needs them, by name."""
    return {spec.name: _target(spec, loaded, number) for number, spec in enumerate(loaded.spec.targets)}


def _target(spec: TargetSpec, loaded: LoadedPolicy, number: int) -> TargetConfig:
    limits = spec.timeouts
    authorities = loaded.file("spec", "targets", number, "tls", "ca")
    return TargetConfig(
        name=spec.name,
        protocol=spec.protocol,
        uri=spec.uri,
        model=spec.model,
        api_key=spec.apiKey,
        headers=spec.headers,
        timeouts=Timeouts(limits.connect, limits.first_byte, limits.idle, limits.total),
        tls=Tls(spec.tls.verify, str(authorities) if authorities else None, spec.tls.server_name),
        http_json=None if spec.http is None else _http_json(spec.http),
        max_body=spec.maxBody,
        capabilities=frozenset(spec.capabilities),
        health=spec.health,
    )


def _http_json(http: Http) -> HttpJson:
    return HttpJson(
        method=http.method,
        path=http.path or "",
        headers=http.headers,
        body=http.body,
        answer=http.answer,
        finish_reason=http.finish_reason,
        model=http.model,
        input_tokens=http.input_tokens,
        output_tokens=http.output_tokens,
        error=http.error,
        end=http.end,
    )
