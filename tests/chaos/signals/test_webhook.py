"""The listener for alerts: Alertmanager's posts, anybody's posts, and what is none."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from seatrial.chaos.signals.webhook import Inbox, Listener
from seatrial.core.errors import UsageError

Told = list[tuple[bool, str]]


@pytest.fixture
def listener() -> Iterator[Listener]:
    opened = Listener()
    yield opened
    opened.close()


def post(url: str, body: Any, *, method: str = "POST", headers: dict[str, str] | None = None) -> int:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=5)
    try:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, parts.path, data, headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


def opened(listener: Listener, alert: str | None = None, **labels: str) -> tuple[str, Told]:
    told: Told = []
    return listener.add(
        "/pager", Inbox(alert, labels, lambda active, words: told.append((active, words)))
    ), told


def alerts(*pairs: tuple[str, str], **labels: str) -> dict[str, Any]:
    return {"alerts": [{"status": status, "labels": {"alertname": name, **labels}} for name, status in pairs]}


def test_it_listens_on_this_machine_alone(listener: Listener) -> None:
    url, _ = opened(listener)
    assert url == f"http://127.0.0.1:{listener.port}/pager"


def test_an_alertmanager_fires_and_resolves(listener: Listener) -> None:
    url, told = opened(listener, "Down")
    assert post(url, alerts(("Down", "firing"))) == 200
    post(url, alerts(("Other", "firing")))
    post(url, alerts(("Down", "resolved")))
    assert told == [(True, "Down firing"), (False, "Down resolved")]


def test_it_stays_active_while_one_of_several_fires(listener: Listener) -> None:
    url, told = opened(listener, "Down")
    post(url, alerts(("Down", "firing"), pod="a"))
    post(url, alerts(("Down", "firing"), pod="b"))
    post(url, alerts(("Down", "resolved"), pod="a"))
    post(url, alerts(("Down", "resolved"), pod="b"))
    assert [active for active, _ in told] == [True, True, True, False]


def test_labels_must_match(listener: Listener) -> None:
    url, told = opened(listener, "Down", team="gateway")
    post(url, alerts(("Down", "firing"), team="other"))
    assert told == []
    post(url, alerts(("Down", "firing"), team="gateway"))
    assert told == [(True, "Down firing")]


@pytest.mark.parametrize("body", [b"ring", b"\xff\xfe", {"anything": 1}, [1, 2], {"alerts": [7]}])
def test_anybody_may_post(listener: Listener, body: Any) -> None:
    url, told = opened(listener)
    assert post(url, body) == 200
    assert [active for active, _ in told] == ([] if body == {"alerts": [7]} else [True])


def test_a_plain_post_can_resolve(listener: Listener) -> None:
    url, told = opened(listener)
    post(url, {"alert": "Down"})
    post(url, {"alert": "Down", "status": "resolved"})
    assert told == [(True, "Down firing"), (False, "Down resolved")]


def test_other_paths_and_odd_requests_are_refused(listener: Listener) -> None:
    url, told = opened(listener)
    assert post(url + "x", {}) == 404
    assert post(url, b"x", headers={"content-length": str(2 << 20)}) == 413
    assert post(url, {}, method="GET") == 501
    assert told == []


def test_a_taken_port_is_usage(listener: Listener) -> None:
    with pytest.raises(UsageError, match="cannot listen"):
        Listener(listener.port)


def summed(status: str, summary: str, **labels: str) -> dict[str, Any]:
    alert = {"status": status, "labels": {"alertname": "Step", **labels}, "annotations": {"summary": summary}}
    return {"alerts": [alert]}


def test_what_an_alert_says_of_itself_is_told_and_only_once_as_news(listener: Listener) -> None:
    told: Told = []
    news: list[str] = []
    inbox = Inbox("Step", {}, lambda active, words: told.append((active, words)), news.append)
    url = listener.add("/steps", inbox)
    post(url, summed("firing", "restart\n1", step="1"))
    post(url, summed("firing", "restart 1", step="1"))
    post(url, summed("firing", "restart 2", step="2"))
    post(url, summed("firing", "still restart 2", step="2"))
    post(url, summed("resolved", "restart 2", step="2"))
    post(url, {"alerts": [{"annotations": {"summary": 5}, "labels": {"alertname": "Step"}}, 7]})
    assert news == [
        "Step firing: restart 1",
        "Step firing: restart 2",
        "Step firing: still restart 2",
        "Step firing",
    ]
    assert told[4] == (True, "Step resolved: restart 2")


def test_several_signals_share_a_path(listener: Listener) -> None:
    url, down = opened(listener, "Down")
    _, up = opened(listener, "Up")
    post(url, alerts(("Down", "firing")))
    assert (down, up) == ([(True, "Down firing")], [])
