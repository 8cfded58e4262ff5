"""Charts of a search for capacity: told by shape, with their numbers in words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from seatrial.reporting.capacity_charts import (
    demand_by_month,
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


def test_what_the_generator_could_not_send_is_a_square() -> None:
    load = report(load_scenes.bound()).load
    assert load is not None
    assert shapes(str(latency_over_rate(load.capacities[0])))[-1] == "square"


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
