"""A small listener for alerts on 127.0.0.1: an Alertmanager's webhook, or anybody's POST."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from seatrial.core.errors import UsageError

HOST = "127.0.0.1"
_LARGEST = 1 << 20
_PATIENCE = 5.0  # seconds for a sender to finish its request
_ALERTS = 1000  # different alerts that are remembered for one signal
_SUMMARY = 120  # characters of what an alert says of itself

Told = Callable[[bool, str], None]


class Inbox:
    """What came in for one signal: active while any matching alert fires.

    Args:
        alert: only the alert of this name; None takes any.
        labels: only alerts with these labels.
        told: called with every change of what fires, and with every repetition.
        news: called with what newly fires, or fires with something new to say.
    """

    def __init__(
        self,
        alert: str | None,
        labels: Mapping[str, str],
        told: Told,
        news: Callable[[str], None] = lambda words: None,
    ) -> None:
        self._alert = alert
        self._labels = labels
        self._told = told
        self._news = news
        self._firing: dict[str, str] = {}
        self._lock = threading.Lock()

    def take(self, body: bytes) -> None:
        """One POST."""
        alerts = _alerts(body)
        matching = [alert for alert in alerts if matches(alert["labels"], self._alert, self._labels)]
        if not matching:
            return
        with self._lock:
            fresh = [alert for alert in matching if self._changed(alert) and alert["firing"]]
            active = bool(self._firing)
        self._told(active, ", ".join(dict.fromkeys(_named(alert) for alert in matching[:5])))
        for alert in fresh:
            self._news(_named(alert))

    def _changed(self, alert: Mapping[str, Any]) -> bool:
        """Take in one alert; whether anything about it is new."""
        key, said = json.dumps(alert["labels"], sort_keys=True), alert["summary"]
        if not alert["firing"]:
            return self._firing.pop(key, None) is not None
        if self._firing.get(key) == said or len(self._firing) >= _ALERTS:
            return False
        self._firing[key] = said
        return True


def matches(labels: Mapping[str, Any], alert: str | None, wanted: Mapping[str, str]) -> bool:
    """Whether an alert with these labels is the one that is waited for."""
    named = alert is None or labels.get("alertname") == alert
    return named and all(labels.get(key) == value for key, value in wanted.items())


def _named(alert: Mapping[str, Any]) -> str:
    name = alert["labels"].get("alertname", "a POST")
    more = f": {alert['summary']}" if alert["summary"] else ""
    return f"{name} {'firing' if alert['firing'] else 'resolved'}{more}"


def _alerts(body: bytes) -> list[dict[str, Any]]:
    """The alerts of a POST; one that is no Alertmanager's is one alert without labels."""
    try:
        data = json.loads(body)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        data = {}
    listed = data.get("alerts")
    each_of = listed if isinstance(listed, list) else [data]
    return [_alert(each, data.get("status")) for each in each_of if isinstance(each, dict)]


def _alert(alert: Mapping[str, Any], status: Any) -> dict[str, Any]:
    """One alert; *status* is that of the whole message."""
    annotations = alert.get("annotations")
    said = annotations.get("summary") if isinstance(annotations, dict) else None
    return {
        "labels": _labels(alert),
        "firing": alert.get("status", status) != "resolved",
        "summary": " ".join(said.split())[:_SUMMARY] if isinstance(said, str) else "",
    }


def _labels(alert: Mapping[str, Any]) -> dict[str, str]:
    labels = alert.get("labels")
    found = {str(key): str(value) for key, value in labels.items()} if isinstance(labels, dict) else {}
    if "alertname" not in found and isinstance(alert.get("alert"), str):
        found["alertname"] = alert["alert"]
    return found


class Listener:
    """One port; signals have paths of their own, or share one.

    Args:
        port: 0 takes a free one.

    Raises:
        UsageError: the port is taken.
    """

    def __init__(self, port: int = 0) -> None:
        self._paths: dict[str, list[Inbox]] = {}
        try:
            self._server = ThreadingHTTPServer((HOST, port), _handler(self._paths))
        except OSError as error:
            raise UsageError(
                f"the webhook cannot listen on {HOST}:{port} ({error.strerror})",
                hint="choose another port; a game day may say 0 for a free one",
            ) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def add(self, path: str, inbox: Inbox) -> str:
        """Give *inbox* what is posted to *path*; the whole address."""
        self._paths.setdefault(path, []).append(inbox)
        return f"http://{HOST}:{self.port}{path}"

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(paths: Mapping[str, list[Inbox]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE
        server_version, sys_version = "seatrial", ""

        def do_POST(self) -> None:
            inboxes = paths.get(self.path.partition("?")[0])
            length = self.headers.get("content-length", "")
            if inboxes is None:
                self._answer(404)
            elif not length.isdecimal() or int(length) > _LARGEST:
                self._answer(413 if length.isdecimal() else 411)
            else:
                body = self.rfile.read(int(length))
                for inbox in inboxes:
                    inbox.take(body)
                self._answer(200)

        def _answer(self, status: int) -> None:
            self.close_connection = True
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """The journal tells what came, not the terminal."""

    return Handler
