"""Signals are watched from the beginning: changes, and looks that failed, are told once."""

from __future__ import annotations

from typing import Any

from seatrial.chaos.gameday.signal_model import SignalSpec
from seatrial.chaos.signals.watch import Signals, State
from tests.chaos.signals.pages import Pages
from tests.chaos.signals.test_webhook import post


class Watched:
    """Signals that are looked at by hand: the first look is the watcher's own, the next is an hour away."""

    def __init__(self, *specs: dict[str, Any]) -> None:
        self.now = 0.0
        self.events: list[tuple[str, str]] = []
        models = [SignalSpec.model_validate({"every": "1h", **spec}) for spec in specs]
        self.signals = Signals(models, lambda: self.now, self._record)

    def _record(self, event: str, **fields: Any) -> None:
        self.events.append((fields["name"], fields["phase"]))

    def look(self, at: float, name: str = "up") -> State:
        self.now = at
        return self.signals.look(name)

    def __enter__(self) -> Watched:
        self.signals.start(lambda text: text)
        for name, thread in zip(("up",), self.signals._threads, strict=False):
            while self.signals.state(name).looked is None and not self.signals.state(name).trouble:
                assert thread.is_alive()
        return self

    def __exit__(self, *error: object) -> None:
        self.signals.close()


def up(pages: Pages) -> dict[str, Any]:
    return {"name": "up", "metric": {"url": f"{pages.url}/metrics", "name": "up"}}


def test_changes_are_remembered_with_their_time(pages: Pages) -> None:
    pages.put("/metrics", "up 0\n")
    with Watched(up(pages)) as watched:
        watched.look(1.0)
        pages.put("/metrics", "up 1\n")
        watched.look(2.0)
        watched.look(3.0)
        pages.put("/metrics", "up 0\n")
        state = watched.look(4.0)
        assert state.readings == [(0.0, False), (2.0, True), (4.0, False)]
        assert watched.events == [("up", "quiet"), ("up", "active"), ("up", "quiet")]
        assert (state.at(1.9), state.at(2.0), state.at(-1.0)) == (False, True, None)
        assert (state.first(True, 1.0), state.first(True, 2.0), state.first(False, 2.5)) == (2.0, None, 4.0)


def test_a_failed_look_changes_nothing_and_is_told_once(pages: Pages) -> None:
    pages.put("/metrics", "up 1\n")
    with Watched(up(pages)) as watched:
        pages.put("/metrics", "", 503)
        watched.look(1.0)
        state = watched.look(2.0)
        assert state.readings == [(0.0, True)]
        assert state.trouble == "status 503"
        assert watched.events == [("up", "active"), ("up", "unreachable")]
        pages.put("/metrics", "up 1\n")
        assert watched.look(3.0).trouble == ""


def test_webhooks_come_by_themselves_and_are_quiet_before() -> None:
    with Watched({"name": "pager", "webhook": {"path": "/ring"}}) as watched:
        assert watched.signals.state("pager").at(0.0) is False
        assert watched.signals.addresses["pager"].endswith("/ring")
        post(watched.signals.addresses["pager"], {"status": "firing"})
        assert watched.look(0.0, "pager").readings[-1][1] is True
        assert watched.events == [("pager", "quiet"), ("pager", "active")]


def test_two_webhooks_share_a_port() -> None:
    with Watched({"name": "a", "webhook": {}}, {"name": "b", "webhook": {}}) as watched:
        one, other = watched.signals.addresses.values()
        assert one.rpartition("/")[0] == other.rpartition("/")[0]
        post(other, {})
        assert watched.signals.state("a").at(9.0) is False
        assert watched.signals.state("b").at(9.0) is True
