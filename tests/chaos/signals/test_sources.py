"""One look at each source: what is there, what is not, and what could not be asked."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.chaos.gameday.signal_model import Alertmanager, Metric, Prometheus
from seatrial.chaos.signals.sources import Unreachable, read_alertmanager, read_metric, read_prometheus
from tests.chaos.signals.pages import Pages

PAGE = """\
# HELP gateway_breaker_state 0 closed, 2 open.
# TYPE gateway_breaker_state gauge
gateway_breaker_state{provider="primary",model="a \\"b\\" {c}"} 2.0
gateway_breaker_state{provider="secondary"} 0
up 1 1700000000
weird_nan NaN
garbage without sense
"""


def metric(pages: Pages, **given: Any) -> tuple[bool, str]:
    source = Metric.model_validate({"url": pages.url, **given})
    reading = read_metric(source, f"{pages.url}/metrics")
    return reading.active, reading.told


def test_a_metric_is_compared(pages: Pages) -> None:
    pages.put("/metrics", PAGE)
    name = "gateway_breaker_state"
    assert metric(pages, name=name, labels={"provider": "primary"}, value=2) == (True, f"{name} is 2")
    assert metric(pages, name=name, labels={"provider": "secondary"}, value=2) == (False, f"{name} is 0")
    assert metric(pages, name=name, labels={"model": 'a "b" {c}'}, op="eq", value=2)[0]
    assert metric(pages, name=name, op="lt", value=1)[0], "any of the samples"
    assert metric(pages, name="up")[0]


def test_what_is_not_exposed_is_not_active(pages: Pages) -> None:
    pages.put("/metrics", PAGE)
    assert metric(pages, name="errors_total", op="gt", value=0) == (False, "errors_total is not there")
    assert not metric(pages, name="weird_nan", op="lte", value=1)[0]


def prometheus(pages: Pages, **given: Any) -> tuple[bool, str]:
    reading = read_prometheus(Prometheus.model_validate({"url": pages.url, **given}), pages.url)
    return reading.active, reading.told


def vector(*values: str) -> dict[str, Any]:
    result = [{"metric": {}, "value": [1.0, value]} for value in values]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def test_a_query_is_active_where_any_sample_holds(pages: Pages) -> None:
    pages.put("/api/v1/query", vector("0", "0.2"))
    assert prometheus(pages, query='rate(x{a="b"}[1m])', value=0.1) == (True, "the query is 0.2")
    assert pages.asked[-1][0] == "/api/v1/query?query=rate%28x%7Ba%3D%22b%22%7D%5B1m%5D%29"
    assert prometheus(pages, query="x", value=0.5) == (False, "the query is 0.2")
    pages.put("/api/v1/query", vector())
    assert prometheus(pages, query="x") == (False, "the query has no sample")
    pages.put("/api/v1/query", {"status": "success", "data": {"resultType": "scalar", "result": [1, "3"]}})
    assert prometheus(pages, query="x")[0]


def test_an_alert_fires_only_when_it_is_firing(pages: Pages) -> None:
    def alerts(state: str) -> dict[str, Any]:
        found = {"labels": {"alertname": "Down", "job": "gw"}, "state": state}
        return {"status": "success", "data": {"alerts": [found]}}

    pages.put("/api/v1/alerts", alerts("pending"))
    assert prometheus(pages, alert="Down") == (False, "Down pending")
    pages.put("/api/v1/alerts", alerts("firing"))
    assert prometheus(pages, alert="Down", labels={"job": "gw"}) == (True, "Down firing")
    assert prometheus(pages, alert="Down", labels={"job": "other"}) == (False, "Down inactive")
    assert prometheus(pages, alert="Up") == (False, "Up inactive")


def test_a_token_is_sent_and_shown_nowhere(pages: Pages) -> None:
    pages.put("/api/v1/query", vector("1"))
    source = Prometheus.model_validate({"url": pages.url, "query": "x", "token": "t0ken-secret"})
    read_prometheus(source, pages.url)
    assert pages.asked[-1][1] == "Bearer t0ken-secret"
    assert "t0ken-secret" not in repr(source)


def test_alertmanager_tells_what_it_would_tell_people(pages: Pages) -> None:
    def alert(state: str) -> list[dict[str, Any]]:
        return [{"labels": {"alertname": "Down"}, "status": {"state": state}}]

    source = Alertmanager.model_validate({"url": pages.url, "alert": "Down"})
    pages.put("/api/v2/alerts", alert("active"))
    assert read_alertmanager(source, pages.url + "/").active
    assert "silenced=false" in pages.asked[-1][0]
    pages.put("/api/v2/alerts", alert("suppressed"))
    assert read_alertmanager(source, pages.url).told == "Down suppressed"
    pages.put("/api/v2/alerts", [])
    assert not read_alertmanager(source, pages.url).active


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (500, "oops", "status 500"),
        (200, "<html>", "not JSON"),
        (200, '{"status":"error","error":"bad query"}', "refused: bad query"),
        (200, "[" * 100_000, "not JSON"),
        (200, "[1]", "refused"),
    ],
)
def test_what_is_no_answer_is_not_quiet(pages: Pages, status: int, body: str, said: str) -> None:
    pages.put("/api/v1/query", body, status)
    with pytest.raises(Unreachable, match=said):
        prometheus(pages, query="x")


def test_nobody_there_is_not_quiet() -> None:
    with pytest.raises(Unreachable, match="no answer"):
        read_metric(
            Metric.model_validate({"url": "http://127.0.0.1:1", "name": "up"}), "http://127.0.0.1:1/m"
        )


@pytest.mark.parametrize(
    "body", ['{"status":"success"}', '{"status":"success","data":{"result":[{"value":"x"}]}}']
)
def test_odd_answers_are_no_samples(pages: Pages, body: str) -> None:
    pages.put("/api/v1/query", body)
    assert not prometheus(pages, query="x")[0]
