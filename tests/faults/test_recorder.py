"""Tests of the flight recorder and of witnesses."""

from __future__ import annotations

import pytest

from seatrial.faults import recorder
from seatrial.faults.recorder import Recorder, Witness, hash_of


def test_attempts_are_kept_in_order_from_the_beginning_to_the_end() -> None:
    made = Recorder("primary")
    first, second = made.begin(1.0), made.begin(2.0)
    second.status = 200
    second.end("ok")
    found = made.attempts()
    assert [(each.proxy, each.number, each.started, each.outcome) for each in found] == [
        ("primary", 1, 1.0, "open"),
        ("primary", 2, 2.0, "ok"),
    ]
    assert found[0].duration is None
    assert found[1].duration is not None
    assert made.attempts(1) == found[1:]
    assert made.attempts(2) == made.attempts(99) == []
    first.hit_by("late")
    first.hit_by("late")
    first.end("reset")
    first.end("ok")  # only the first word counts
    assert (made.attempts()[0].faults, made.attempts()[0].outcome) == (("late",), "reset")


def test_figures_that_come_after_the_end_are_kept_when_told() -> None:
    made = Recorder("p")
    flight = made.begin(1.0)
    flight.end("ok")
    flight.request_bytes = 7
    assert made.attempts()[0].request_bytes == 0
    flight.keep()
    assert made.attempts()[0].request_bytes == 7


def test_what_is_put_off_is_done_before_it_is_read() -> None:
    made = Recorder("p")
    flight = made.begin(1.0)
    flight.catch_up = lambda: setattr(flight, "events", 3)
    assert made.attempts()[0].events == 3


def test_only_the_latest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MAX_ATTEMPTS", 3)
    made = Recorder("p")
    flights = [made.begin(float(number)) for number in range(5)]
    for flight in flights:
        flight.end("ok")  # the first two are gone already
    assert [each.number for each in made.attempts()] == [3, 4, 5]
    assert [each.number for each in made.attempts(3)] == [4, 5]
    made.clear()
    assert made.attempts() == []
    made.begin(9.0)
    assert [each.number for each in made.attempts()] == [6]
    assert made.attempts(6) == []


def test_the_hash_groups_attempts_of_one_call() -> None:
    assert hash_of("POST", "/v1", b"x") == hash_of("POST", "/v1", b"x")
    others = {hash_of("PUT", "/v1", b"x"), hash_of("POST", "/v2", b"x"), hash_of("POST", "/v1", b"y")}
    assert len(others) == 3
    assert hash_of("POST", "/v1", b"x") not in others


def test_a_witness_counts_and_knows_when() -> None:
    witness = Witness()
    assert witness.show() == {"hits": 0, "first": None, "last": None}
    witness.hit(0)
    assert witness.first is None
    witness.hit()
    witness.hit(2)
    assert witness.hits == 3
    assert witness.first is not None
    assert witness.last is not None
    assert witness.first <= witness.last
