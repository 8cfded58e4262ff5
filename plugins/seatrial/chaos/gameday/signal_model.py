"""Signals: what the monitoring of the system is expected to say, and where it says it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from seatrial.policy.fields import Model, Name, PositiveDuration, SecretText, wrong
from seatrial.policy.target import UrlPath, check_uri

SOURCES = ("metric", "prometheus", "alertmanager", "webhook")
"""Where a signal may come from; exactly one of them."""

Op = Literal["lt", "lte", "gt", "gte", "eq"]


def _address(uri: str) -> str:
    return uri if uri.startswith("{") else check_uri(uri)


Address = Annotated[str, AfterValidator(_address)]


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

    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """0 takes a free one; the address is ``{NAME.url}``."""
    path: UrlPath | None = None
    """Its own name by default."""
    alert: str | None = None
    """Only this alert, where the sender is an Alertmanager; any by default."""
    labels: dict[str, str] = Field(default_factory=dict)


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
