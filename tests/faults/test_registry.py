"""Tests of the registry: what is known, what is read, and how what is wrong is told."""

from __future__ import annotations

import pytest

from seatrial.core.errors import UsageError
from seatrial.faults.base import AiFault, ConnectionFault
from seatrial.faults.registry import check, kind_named, kinds, register
from seatrial.faults.tcp import TcpFault
from seatrial.faults.when import When

TCP = ["bandwidth", "latency", "limit_data", "reset_peer", "slicer", "slow_close", "timeout"]


def test_every_toxic_of_toxiproxy_is_there() -> None:
    assert sorted(name for name, kind in kinds().items() if issubclass(kind, TcpFault)) == TCP


@pytest.mark.parametrize("name", sorted(kinds()))
def test_every_kind_explains_itself(name: str) -> None:
    kind = kinds()[name]
    assert issubclass(kind, (TcpFault, AiFault, ConnectionFault))
    assert kind.__doc__
    schema = kind.Attributes.model_json_schema()
    assert all(field.get("description") for field in schema.get("properties", {}).values()), schema
    if issubclass(kind, TcpFault):
        assert check(name, {}) == dict.fromkeys(kind.Attributes.model_fields, 0)


def test_attributes_are_read_and_shown() -> None:
    assert check("latency", {"latency": 5}) == {"latency": 5, "jitter": 0}
    assert check("http.status", {"status": 429, "retry_after": "5s", "every": 2})["retry_after"] == "5s"


@pytest.mark.parametrize(
    ("type_", "attributes", "told"),
    [
        ("latncy", {}, "did you mean 'latency'"),
        ("nonsense-of-a-name", {}, "there are: "),
        ("latency", {"latncy": 5}, "did you mean 'latency'"),
        ("latency", {"latency": "5"}, "integer"),
        ("latency", {"latency": 5.5}, "integer"),
        ("bandwidth", {"rate": -1}, "greater than or equal"),
        ("slicer", {"average_size": 5, "size_variation": 5}, "less than average_size"),
        ("http.status", {"status": 42}, "greater than or equal"),
        ("http.status", {"retry_after": 5}, "unit"),
        ("sse.stall", {"every": 0}, "greater than or equal"),
        ("noop", {"x": 1}, "it has: "),
    ],
)
def test_what_is_wrong_is_told_with_a_way_out(type_: str, attributes: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told) as error:
        check(type_, attributes, where="policy.yaml:7")
    assert str(error.value).startswith("policy.yaml:7")


def test_two_kinds_cannot_have_one_name() -> None:
    class Again(AiFault[When]):
        """Has the name of another."""

        type = "latency"

    with pytest.raises(UsageError, match="two kinds of fault are named 'latency'"):
        register(Again)
    latency = kind_named("latency")
    assert latency is not None
    assert register(latency) is latency
    assert kind_named("latencies") is None
