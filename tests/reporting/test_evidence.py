from __future__ import annotations

from typing import Any

from seatrial.reporting.evidence import anchored, evidence

EVENT: dict[str, Any] = {
    "event": "exchange",
    "traffic": "steady",
    "index": 17,
    "objective": "availability",
    "why": "bad for availability",
    "exchange": {
        "intended": 1.0,
        "sent": 1.0,
        "first_byte": 1.1,
        "first_chunk": None,
        "done": 2.5,
        "status": 503,
        "error": "http-status",
        "detail": "503 Service Unavailable",
        "text": "",
        "asked": "Hello?",
        "usage": None,
        "streamed": True,
        "gaps": [],
    },
}


def test_times_are_told_from_the_intended_send_time() -> None:
    facts = dict(evidence(EVENT).facts)
    assert facts["sent"] == "1.000 s into the traffic"
    assert facts["first byte"] == "after 100 ms"
    assert facts["first chunk"] == "never"
    assert facts["done"] == "after 1.5 s"
    assert facts["status"] == "503"
    assert facts["error"] == "http-status"


def test_lateness_is_told() -> None:
    late = EVENT | {"exchange": EVENT["exchange"] | {"sent": 1.25}}
    assert dict(evidence(late).facts)["sent"] == "1.000 s into the traffic, 250 ms late"


def test_texts() -> None:
    blocks = dict(evidence(EVENT).blocks)
    assert blocks == {"detail": "503 Service Unavailable", "prompt": "Hello?", "answer": "(no text)"}
    assert evidence(EVENT).summary == "503 Service Unavailable"
    assert evidence(EVENT).title == "steady, request 17"


def test_long_texts_are_cut() -> None:
    long = EVENT | {"exchange": EVENT["exchange"] | {"text": "x" * 9000}}
    assert len(dict(evidence(long).blocks)["answer"]) == 2000


def test_a_check_outside_traffic_is_named_by_its_item() -> None:
    made = evidence(
        {"traffic": None, "index": 0, "item": "suites/contract/test_x.py::test_y", "exchange": {}}
    )
    assert made.title == "test_y, request 0"
    assert made.item == "suites/contract/test_x.py::test_y"


def test_an_exchange_of_nothing_is_told() -> None:
    assert dict(evidence({"event": "exchange"}).facts)["sent"] == "never"


def test_an_exchange_that_counts_against_several_objectives_is_told_once() -> None:
    others = [EVENT | {"objective": name} for name in ("complete-answers", "availability", "latency-p95")]
    (one,) = anchored(evidence(event) for event in (EVENT, *others))
    assert one.objectives == ("availability", "complete-answers", "latency-p95")
    assert one.why == "bad for availability, complete-answers and latency-p95"
    assert one.failed


def test_anchors_are_unique() -> None:
    check: dict[str, Any] = {
        "event": "exchange",
        "traffic": None,
        "index": 0,
        "item": "a.py::b",
        "exchange": {},
    }
    names = [item.anchor for item in anchored([evidence(check)] * 3)]
    assert names == ["exchange-0", "exchange-0-2", "exchange-0-3"]
