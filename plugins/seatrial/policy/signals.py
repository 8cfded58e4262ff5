"""Signals: what the monitoring of the system is expected to say, and where it says it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from seatrial.policy.fields import Model, Name, PositiveDuration, SecretText, wrong
from seatrial.policy.target import UrlPath, check_uri

SOURCES = ("metric", "prometheus", "alertmanager", "webhook")
"""Where a signal may come from; exactly one of them."""

Op = Literal["lt", "lte", "gt", "gte", "eq"]
Address = Annotated[str, AfterValidator(check_uri)]

_PORTS = {"type": "integer", "minimum": 1, "maximum": 65535}


def _port(value: Any) -> int:
    """A port; 0 for a reference that nobody follows, where only the digest is wanted."""
    if isinstance(value, str) and value.startswith("${env:"):
        return 0
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or not 0 < int(text) <= 65535:
        raise wrong(f"{value!r} is no port that the monitoring could be told", "a number from 1 to 65535")
    return int(text)


Port = Annotated[
    int,
    BeforeValidator(_port),
    WithJsonSchema({"anyOf": [_PORTS, {"type": "string", "pattern": r"^(\$\{env:\w+\}|\d+)$"}]}),
]


class Metric(Model):
    """A sample of a page that Prometheus would scrape; active where *op value* holds for any of them."""

    url: Address
    name: str
    labels: dict[str, str] = Field(default_factory=dict)
    op: Op = "gte"
    value: float = 1.0


class Prometheus(Model):
    """Prometheus: a query (active where *op value* holds for any sample), or an alert by its name."""

    url: Address
    """Its root, such as http://127.0.0.1:9090."""
    query: str | None = None
    op: Op = "gt"
    value: float = 0.0
    alert: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    token: SecretText | None = None
    """Sent as a bearer token; write ${env:NAME}."""

    @model_validator(mode="after")
    def _one(self) -> Prometheus:
        if (self.query is None) == (self.alert is None):
            raise wrong("Prometheus is asked one thing", "give query or alert")
        return self


class Alertmanager(Model):
    """An alert that Alertmanager has and neither silences nor inhibits."""

    url: Address
    """Its root, such as http://127.0.0.1:9093."""
    alert: str
    labels: dict[str, str] = Field(default_factory=dict)
    token: SecretText | None = None
    """Sent as a bearer token; write ${env:NAME}."""


class Webhook(Model):
    """We listen on 127.0.0.1: an Alertmanager webhook, or any POST."""

    port: Port
    """Where the monitoring was told to post: this machine's loopback, and no other address."""
    path: UrlPath | None = None
    """The signal's own name by default; several signals may share one."""
    alert: str | None = None
    """Only this alert, where the sender is an Alertmanager; any by default."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Only alerts with these labels."""


class SignalSpec(Model):
    """Something that the monitoring is expected to notice."""

    name: Name
    about: str = ""
    """What it means, for the screen and the report."""
    every: PositiveDuration = 1.0
    """How often it is looked at."""
    metric: Metric | None = None
    prometheus: Prometheus | None = None
    alertmanager: Alertmanager | None = None
    webhook: Webhook | None = None

    @model_validator(mode="after")
    def _one(self) -> SignalSpec:
        given = [source for source in SOURCES if getattr(self, source) is not None]
        if len(given) != 1:
            raise wrong("a signal has one source", f"one of: {', '.join(SOURCES)}")
        return self

    @property
    def source(self) -> str:
        """Where it comes from."""
        return next(source for source in SOURCES if getattr(self, source) is not None)
