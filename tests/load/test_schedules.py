from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from seatrial.core.errors import UsageError
from seatrial.load.recording import read_recording
from seatrial.load.schedules import endless, schedule_of
from seatrial.policy.arrivals import ArrivalsSpec


def spec(**fields: Any) -> ArrivalsSpec:
    return ArrivalsSpec.model_validate(fields)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"kind": "constant", "rate": "50/s"}, 500),
        ({"kind": "poisson", "rate": "50/s"}, 500),
        ({"kind": "gamma", "rate": "50/s", "cv": 3}, 500),
        ({"kind": "ramp", "start": "0/s", "rate": "100/s"}, 500),
        ({"kind": "steps", "rates": ["10/s", "90/s"], "each": "5s"}, 500),
        ({"kind": "spike", "rate": "40/s", "peak": "140/s", "at": "2s", "lasting": "1s"}, 500),
        (
            {"kind": "sinusoid", "rate": "50/s", "amplitude": "20/s", "period": "5s", "process": "constant"},
            500,
        ),
    ],
)
def test_every_kind_makes_its_schedule(fields: dict[str, Any], expected: int) -> None:
    counts = [len(list(schedule_of(spec(**fields), 10.0, [seed]))) for seed in range(10)]
    assert sum(counts) / 10 == pytest.approx(expected, rel=0.15)
    times = list(schedule_of(spec(**fields), 10.0, [1]))
    assert times == list(schedule_of(spec(**fields), 10.0, [1]))


def test_a_rate_without_an_end() -> None:
    assert len(list(islice(schedule_of(spec(kind="poisson", rate="10/s"), None, [1]), 5000))) == 5000
    with pytest.raises(UsageError, match="need a duration"):
        schedule_of(spec(kind="ramp", start="1/s", rate="2/s"), None, [1])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "poisson"}, "need rate"),
        ({"kind": "constant", "rate": "5/s", "peak": "9/s"}, "have no peak"),
        ({"kind": "poisson", "rate": "5"}, "5"),
        ({"kind": "gamma", "rate": "5/s", "cv": 0}, "greater than 0"),
        ({"kind": "sometimes", "rate": "5/s"}, "kind"),
        ({"kind": "closed"}, "need think_time"),
        ({"kind": "closed", "think_time": "0s"}, "more than 0"),
        ({"kind": "single-stream", "samples": 2}, "have no samples"),
        ({"kind": "multi-stream"}, "need samples"),
        ({"kind": "server"}, "need rate"),
        ({"kind": "offline", "rate": "5/s"}, "have no rate"),
        ({"kind": "poisson", "rate": "5/s", "unit": "ms"}, "have no unit"),
    ],
)
def test_what_is_no_schedule_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        spec(**fields)


@pytest.mark.parametrize(
    "content",
    ["time,tokens\n10.5,3\n11,4\n13,5\n", '{"timestamp": 10.5}\n{"timestamp": 11}\n{"timestamp": 13}\n'],
)
def test_a_trace_is_replayed(tmp_path: Path, content: str) -> None:
    (tmp_path / "t").write_text(content)
    assert list(schedule_of(spec(kind="trace", file="t"), None, [1], tmp_path / "t")) == [0.0, 0.5, 2.5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("when\n1\n", "has no time"),
        ("time\nsoon\n", "'soon' is no time"),
        ("", "needs arrivals"),
        ("time\n3\n2\n", "t:3: this arrival is before"),
        ('{"time": 1}\nnot json\n', "t:2: this line is not JSON"),
    ],
)
def test_a_trace_that_is_none_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "t").write_text(content)
    with pytest.raises(UsageError, match=message):
        list(schedule_of(spec(kind="trace", file="t"), None, [1], tmp_path / "t"))


def test_mlperfs_server_is_poisson_arrivals() -> None:
    server, poisson = (spec(kind=kind, rate="50/s") for kind in ("server", "poisson"))
    assert list(schedule_of(server, 10.0, [3])) == list(schedule_of(poisson, 10.0, [3]))


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "closed", "think_time": "1s"},
        {"kind": "single-stream"},
        {"kind": "multi-stream", "samples": 8},
        {"kind": "offline"},
    ],
)
def test_what_waits_for_answers_has_no_schedule(fields: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="keep no schedule"):
        schedule_of(spec(**fields), 10.0, [1])


def test_milliseconds_and_an_end_before_that_of_the_trace(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("time\n100\n600\n2100\n")
    trace = spec(kind="trace", file="t", unit="ms")
    assert list(schedule_of(trace, None, [1], tmp_path / "t")) == pytest.approx([0.0, 0.5, 2.0])
    assert list(schedule_of(trace, 2.0, [1], tmp_path / "t")) == pytest.approx([0.0, 0.5])


def test_a_missing_trace_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_recording(tmp_path / "t")


@pytest.mark.parametrize("kind", ["constant", "poisson", "gamma"])
def test_one_rate_goes_on_for_ever(kind: str) -> None:
    times = list(islice(endless(spec(kind=kind, rate="10/s"), 1.0, [1]), 5000))
    assert times[:7] == list(islice(schedule_of(spec(kind=kind, rate="10/s"), None, [1]), 7))
    assert times[-1] > 300


def test_a_schedule_with_an_end_is_sent_over_and_over() -> None:
    steps = spec(kind="steps", rates=["2/s", "4/s"], each="1s", process="constant")
    times = list(islice(endless(steps, None, [1]), 11))
    assert times == pytest.approx([0.5, 1.0, 1.25, 1.5, 1.75, 2.5, 3.0, 3.25, 3.5, 3.75, 4.5])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("t\n3\n4\n5\n", [0, 1, 2, 3, 4, 5, 6]),  # a mean gap between the last and the first again
        ("t\n3\n", [0, 1, 2, 3, 4, 5, 6]),
        ("t\n3\n3\n", [0, 0, 1, 1, 2, 2, 3]),
    ],
)
def test_a_trace_is_replayed_over_and_over(tmp_path: Path, content: str, expected: list[float]) -> None:
    (tmp_path / "t").write_text(content)
    assert list(islice(endless(spec(kind="trace", file="t"), None, [1], tmp_path / "t"), 7)) == expected


def test_a_schedule_of_nothing_ends_also_over_and_over() -> None:
    rare = spec(kind="ramp", start="0/s", rate="0.001/s")
    assert list(endless(rare, 1.0, [1])) == []
