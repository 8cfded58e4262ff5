"""Signals of a game day: as in a policy, with placeholders for what is started by the day itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from seatrial.policy import signals
from seatrial.policy.target import check_uri


def _address(uri: str) -> str:
    return uri if uri.startswith("{") else check_uri(uri)


Address = Annotated[str, AfterValidator(_address)]


class Metric(signals.Metric):
    """A sample of a page that Prometheus would scrape; active where *op value* holds for any of them."""

    url: Address


class Prometheus(signals.Prometheus):
    """Prometheus: a query (active where *op value* holds for any sample), or an alert by its name."""

    url: Address
    """Its root, such as http://127.0.0.1:9090."""


class Alertmanager(signals.Alertmanager):
    """An alert that Alertmanager has and neither silences nor inhibits."""

    url: Address
    """Its root, such as http://127.0.0.1:9093."""


class Webhook(signals.Webhook):
    """We listen on 127.0.0.1: an Alertmanager webhook, or any POST."""

    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """0 takes a free one; the address is ``{NAME.url}``."""


class SignalSpec(signals.SignalSpec):
    """Something that the monitoring is expected to notice."""

    metric: Metric | None = None
    prometheus: Prometheus | None = None
    alertmanager: Alertmanager | None = None
    webhook: Webhook | None = None
