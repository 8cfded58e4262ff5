"""Tests of faults on dependencies: they act, prove it, and are reverted, or it is told."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.dependency import Dependencies, Dependency
from seatrial.faults.proxy import FaultProxy
from seatrial.faults.server import ProxyServer
from tests.faults.conftest import status_of

pytest.importorskip("toxiproxy", reason="needs toxiproxy-python (the extra chaos)")


@pytest.fixture
def described(upstream: str) -> list[dict[str, Any]]:
    return [{"name": "primary", "listen": "127.0.0.1:0", "upstream": upstream, "protocol": "http"}]


@pytest.fixture
def primary(described: list[dict[str, Any]]) -> Iterator[Dependency]:
    with Dependencies(described, seed=1) as dependencies:
        yield dependencies["primary"]


@pytest.mark.parametrize(
    ("type_", "attributes", "seen"),
    [
        ("down", {}, "ConnectionRefusedError"),
        ("connect.reset", {}, "ConnectionResetError"),
        ("reset_peer", {}, "ConnectionResetError"),
        ("timeout", {"timeout": 10}, "RemoteDisconnected"),
        ("limit_data", {"bytes": 5}, "BadStatusLine"),
        ("latency", {"latency": 5}, 200),
        ("http.status", {"status": 429, "retry_after": "5s"}, 429),
    ],
)
def test_a_fault_acts_proves_it_and_is_reverted(
    primary: Dependency, type_: str, attributes: dict[str, Any], seen: int | str
) -> None:
    if type_ == "down" and os.geteuid() != 0:
        seen = "ConnectionResetError"
    assert status_of(primary.listen) == 200
    for _ in range(2):
        fault = primary.inject(type_, attributes=attributes)
        assert fault.witness.hits == 0
        with fault:
            before = fault.witness.hits  # a connection that was just closing may be hit, too
            assert status_of(primary.listen) == seen
            hits = fault.witness.hits
            assert hits > before
            assert primary.active == [fault]
        assert status_of(primary.listen) == 200
        assert (fault.witness.hits, fault.witness.weak) == (hits, False)
        assert fault.witness.first is not None
        assert primary.active == []


def test_down_without_the_right_to_count_becomes_a_reset(
    primary: Dependency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatrial.faults.refusals._open", lambda port: None)
    with primary.inject("down") as fault:
        assert fault.approximate is not None
        assert status_of(primary.listen) == "ConnectionResetError"
        assert fault.witness.hits == 1
    assert status_of(primary.listen) == 200
    assert fault.witness.hits == 1


def test_a_fault_that_hits_nothing_says_so(primary: Dependency) -> None:
    with primary.inject("http.status", attributes={"status": 500}, path="/other") as fault:
        assert status_of(primary.listen) == 200
    assert fault.witness.hits == 0


def test_conditions_and_toxicity(primary: Dependency) -> None:
    with primary.inject("http.status", attributes={"status": 500}, first=2, model="m"):
        assert [status_of(primary.listen) for _ in range(3)] == [500, 500, 200]
    with primary.inject("http.status", attributes={"status": 500}, toxicity=0.5) as fault:
        seen = [status_of(primary.listen) for _ in range(30)]
    assert fault.witness.hits == seen.count(500)
    assert 5 < seen.count(500) < 25


def test_attempts(primary: Dependency) -> None:
    status_of(primary.listen)
    with primary.inject("http.status", attributes={"status": 503}):
        status_of(primary.listen)
    found = primary.attempts()
    assert [(each.status, each.faults) for each in found] == [(200, ()), (503, ("http.status_downstream",))]
    assert found[0].body_hash == found[1].body_hash
    assert primary.attempts(1) == found[1:]
    primary.clear_attempts()
    assert primary.attempts() == []


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (("down", {}), ("latency", {"latency": 5}), "down answers nothing"),
        (("latency", {"latency": 5}), ("down", {}), "down answers nothing"),
        (("timeout", {}), ("latency", {"latency": 5}), "timeout lets nothing through"),
        (("latency", {"latency": 5}), ("latency", {"latency": 9}), "the same name"),
    ],
)
def test_faults_that_contradict_each_other(primary: Dependency, first: Any, second: Any, told: str) -> None:
    with primary.inject(first[0], attributes=first[1]), pytest.raises(UsageError, match=told):
        primary.inject(second[0], attributes=second[1]).__enter__()
    assert status_of(primary.listen) == 200
    with primary.inject(second[0], attributes=second[1]):
        pass


def test_faults_that_do_not_contradict_each_other_stack(primary: Dependency) -> None:
    with (
        primary.inject("latency", attributes={"latency": 5}) as one,
        primary.inject("latency", attributes={"latency": 5}, name="two") as two,
        primary.inject("timeout", stream="upstream", toxicity=0.0) as three,
        primary.inject("http.status", attributes={"status": 418}) as four,
    ):
        assert status_of(primary.listen) == 418
    assert [each.witness.hits > 0 for each in (one, two, three, four)] == [True, True, False, True]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"type": "latncy"}, "did you mean 'latency'"),
        ({"type": "latency", "attributes": {"latncy": 1}}, "did you mean 'latency'"),
        ({"type": "latency", "toxicity": 2}, "is no share"),
        ({"type": "latency", "stream": "sideways"}, "no stream is named"),
        ({"type": "latency", "every": 2}, "no attribute 'every'"),
        ({"type": "down", "toxicity": 0.5}, "whole dependency"),
    ],
)
def test_what_cannot_be_injected(primary: Dependency, arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        primary.inject(**arguments)


def test_a_fault_that_is_not_reverted_is_told(primary: Dependency, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = primary.inject("latency", attributes={"latency": 5}).__enter__()
    monkeypatch.setattr(FaultProxy, "remove_toxic", lambda self, name: None)
    with pytest.raises(HarnessError, match=r"was not reverted.*still there"):
        fault.__exit__(None, None, None)
    monkeypatch.undo()


def test_a_dependency_whose_port_was_taken_meanwhile_is_told(primary: Dependency) -> None:
    host, _, port = primary.listen.rpartition(":")
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        fault = primary.inject("down").__enter__()
        thief.bind((host, int(port)))
        thief.listen()
        with pytest.raises(HarnessError, match="was not reverted"):
            fault.__exit__(None, None, None)


def test_a_fault_is_entered_once_at_a_time(primary: Dependency) -> None:
    fault = primary.inject("latency")
    with fault, pytest.raises(UsageError, match="injected already"):
        fault.__enter__()


def test_a_port_that_is_taken(described: list[dict[str, Any]]) -> None:
    others = threading.enumerate()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = [{**described[0], "listen": f"127.0.0.1:{taken.getsockname()[1]}"}]
        with pytest.raises(HarnessError, match="address already in use"):
            Dependencies(wanted).__enter__()
    assert [thread for thread in threading.enumerate() if thread.name == "seatrial-proxy"] == [
        thread for thread in others if thread.name == "seatrial-proxy"
    ]


def test_names_are_told(primary: Dependency, described: list[dict[str, Any]]) -> None:
    with Dependencies(described) as dependencies:
        assert (list(dependencies), len(dependencies)) == (["primary"], 1)
        with pytest.raises(UsageError, match="no dependency is named 'other'"):
            dependencies["other"]


def test_another_server_is_used_and_left_as_it_was(described: list[dict[str, Any]]) -> None:
    with ProxyServer() as server:
        with Dependencies(described, toxiproxy=server.url) as dependencies:
            primary = dependencies["primary"]
            with primary.inject("http.status", attributes={"status": 503}) as fault:
                assert status_of(primary.listen) == 503
            assert fault.witness.hits == 1
            with pytest.raises(HarnessError, match="another proxy named primary"):
                Dependencies([{**described[0], "upstream": "127.0.0.1:1"}], toxiproxy=server.url).__enter__()
            with Dependencies(described, toxiproxy=server.url):
                pass  # the one that is there is as wanted: it is used, and left
            assert status_of(primary.listen) == 200
        with Dependencies([], toxiproxy=server.url) as none:
            assert len(none) == 0
            assert none._client is not None
            assert none._client.proxies() == {}


def test_a_foreign_server_has_tcp_toxics_and_a_weak_witness(
    described: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatrial.faults.client.ControlClient.ours", False)
    with ProxyServer() as server, Dependencies(described, toxiproxy=server.url) as dependencies:
        primary = dependencies["primary"]
        with pytest.raises(UsageError, match=r"knows no http\.status"):
            primary.inject("http.status")
        with primary.inject("latency", attributes={"latency": 5}) as fault:
            assert fault.witness.hits == 0
            assert status_of(primary.listen) == 200
        assert (fault.witness.hits, fault.witness.weak) == (1, True)
        with primary.inject("down") as down:
            assert status_of(primary.listen) == "ConnectionRefusedError"
        assert (down.witness.hits, down.witness.weak) == (0, True)
        assert primary.attempts() == []
