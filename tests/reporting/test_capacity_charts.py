"""Charts of a search for capacity: told by shape, with their numbers in words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from seatrial.reporting.capacity_charts import (
    demand_by_month,
    latencies_over_rate,
    latency_over_rate,
    law_words,
    throughput_over_flying,
)
from seatrial.reporting.capacity_view import CapacityView
from tests.reporting import load_scenes
from tests.reporting.load_scenes import report


@pytest.fixture(scope="module")
def view() -> CapacityView:
    load = report(load_scenes.healthy()).load
    assert load is not None
    return load.capacities[0]


def shapes(chart: str) -> list[str]:
    return re.findall(r'class="mark (\w+)', chart)


def places(chart: str) -> list[float]:
    return [float(x) for x in re.findall(r'<svg x="([\d.]+)%"', chart)]


def told(chart: str) -> str:
    return re.findall(r'aria-label="([^"]*)"', chart)[0]


def test_levels_are_told_by_shape_from_left_to_right(view: CapacityView) -> None:
    chart = str(latency_over_rate(view))
    assert shapes(chart) == ["disc"] * 5 + ["diamond", "cross", "cross"]
    assert places(chart) == sorted(places(chart))


def test_limit_interval_knee_and_what_is_asked_are_marked(view: CapacityView) -> None:
    chart = str(latency_over_rate(view))
    for words in ("limit: ≤ 5 % beyond 1 s", "capacity 48/s … 52/s", "knee 32/s", "asked 40/s", "p95", "p50"):
        assert f">{words}<" in chart
    left, right = (float(x) for x in re.findall(r'"interval" x="([\d.]+)%" .*?width="([\d.]+)%"', chart)[0])
    held, broken = places(chart)[4], places(chart)[6]
    assert left == pytest.approx(held, abs=0.1)
    assert left + right == pytest.approx(broken, abs=0.1)


def test_the_numbers_are_told_to_a_screen_reader(view: CapacityView) -> None:
    said = told(str(latency_over_rate(view)))
    assert "4/s holds: p50 89.8 ms, p95 385 ms" in said
    assert "knee at 32/s" in said


def limited(view: CapacityView, *limits: tuple[str, float]) -> CapacityView:
    """With a limit of 1 s on each indicator, for that share of the answers."""
    own = tuple(replace(view.limits[0], indicator=name, value=1.0, share=share) for name, share in limits)
    return replace(view, limits=own)


def test_the_quantile_that_the_limit_binds_is_drawn(view: CapacityView) -> None:
    tail = {"p50": 0.1, "p90": 0.8, "p95": 1.2, "p99": 2.0}
    levels = tuple(replace(each, latency=tail, ttfc=tail) for each in view.levels)
    for share, name in ((0.1, "p90"), (0.05, "p95"), (0.01, "p99"), (0.001, "p95")):
        drawn = limited(replace(view, levels=levels), ("operation.duration", share))
        assert re.findall(r">(p\d+)<", str(latency_over_rate(drawn))) == ["p50", name]
    half = limited(replace(view, levels=levels), ("operation.duration", 0.5))
    assert re.findall(r">(p\d+)<", str(latency_over_rate(half))) == ["p50"]


def test_a_level_that_never_told_that_quantile_is_drawn_all_the_same(view: CapacityView) -> None:
    old = limited(view, ("operation.duration", 0.1))
    assert re.findall(r">(p\d+)<", str(latency_over_rate(old))) == ["p50", "p95"]


def test_first_chunks_have_a_chart_of_their_own_where_they_are_limited(view: CapacityView) -> None:
    levels = tuple(replace(each, ttfc={"p50": 0.1, "p95": 0.2}) for each in view.levels)
    both = limited(replace(view, levels=levels), ("time_to_first_chunk", 0.05), ("operation.duration", 0.05))
    whole, first = latencies_over_rate(both)
    assert (whole[0], first[0]) == ("how long answers took", "how long the first chunk took")
    assert "p95 200 ms" in told(str(first[1]))
    assert "p95 200 ms" not in told(str(whole[1]))
    assert [words for words, _ in latencies_over_rate(limited(both, ("time_to_first_chunk", 0.05)))] == [
        first[0]
    ]
    assert [words for words, _ in latencies_over_rate(replace(view, limits=()))] == [whole[0]]


def test_what_the_generator_could_not_send_is_a_square() -> None:
    load = report(load_scenes.bound()).load
    assert load is not None
    assert shapes(str(latency_over_rate(load.capacities[0])))[-1] == "square"


def test_no_curve_leads_to_what_the_generator_could_not_send() -> None:
    load = report(load_scenes.bound()).load
    assert load is not None
    (bound,) = load.capacities
    points = re.findall(r'<polyline class="line" points="([^"]*)"', str(latency_over_rate(bound)))
    assert [len(each.split()) for each in points] == [len(bound.levels) - 1]


def test_the_law_is_drawn_where_there_is_one(view: CapacityView) -> None:
    assert 'class="line fit"' in str(throughput_over_flying(view))
    assert law_words(view) == "γ 8/s, σ 0.09, κ 0.0004, at most 66/s"
    without = replace(view, law=None)
    assert 'class="line fit"' not in str(throughput_over_flying(without))
    assert law_words(without) == ""


def test_demand_is_marked_where_it_runs_out(view: CapacityView) -> None:
    chart = str(demand_by_month(view))
    assert shapes(chart) == ["diamond", "cross", "diamond"]
    for words in ("base, out 2028-05", "optimistic lasts", "pessimistic, out 2027-07", "2026-11"):
        assert f">{words}<" in chart
    assert len(set(re.findall(r'class="line (s\d)"', chart))) == 4
    assert "pessimistic: the capacity runs out in 2027-07" in told(chart)


def test_nothing_to_draw(view: CapacityView) -> None:
    empty = replace(view, levels=(), demand=())
    assert latency_over_rate(empty) is None
    assert throughput_over_flying(replace(view, levels=view.levels[:1])) is None
    assert demand_by_month(empty) is None


def test_an_interval_that_was_not_found_is_no_obstacle(view: CapacityView) -> None:
    bare = replace(view, lower=None, upper=None, knee=None, at_least=None, limits=())
    for chart in (latency_over_rate(bare), demand_by_month(bare)):
        assert "nan" not in str(chart)
        assert 'class="interval"' not in str(chart)
