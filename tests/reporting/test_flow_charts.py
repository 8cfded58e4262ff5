"""Charts of arrivals that do not wait."""

from __future__ import annotations

import re

import pytest

from seatrial.reporting import flow_charts
from seatrial.reporting.model import TrafficView
from tests.reporting import load_scenes
from tests.reporting.load_scenes import HEADER, arrivals, report, run


def traffic(**changes: object) -> TrafficView:
    (view,) = report([HEADER, run(), *arrivals(**changes)]).traffics  # type: ignore[arg-type]
    return view


def told(chart: object) -> str:
    return re.findall(r'aria-label="([^"]*)"', str(chart))[0]


def test_the_heat_map_shades_what_is_dense_and_marks_errors() -> None:
    chart = str(flow_charts.heat_map(traffic(errors=0.01)))
    shades = re.findall(r'class="heat (h\d)"', chart)
    assert shades == sorted(set(shades))
    assert len(shades) > 3
    assert shades[-1] == "h5"
    assert re.search(r">\d+ errors<", chart)
    assert ">limit 1 s<" in chart
    assert "p95" in told(chart)
    calm = str(flow_charts.heat_map(traffic()))
    assert 'class="error"' not in calm
    assert "0 errors" in told(calm)


def test_percentiles_go_as_far_as_the_exchanges_carry() -> None:
    chart = str(flow_charts.percentiles(traffic()))
    for words in ("p50", "p90", "p99", "p99.9", "last byte", "first chunk", "limit: ≤ 5 % beyond 1 s"):
        assert f">{words}<" in chart
    end = re.findall(r'points="[^"]*?([\d.]+),[\d.]+"', chart)[0]
    # 3,000 exchanges have ten beyond p99.67: 2.48 of 3 nines.
    assert float(end) == pytest.approx(1000 * 2.477 / 3, abs=2)


def test_the_limit_ends_at_the_percentile_it_binds() -> None:
    corner = re.search(r'class="corner" cx="([\d.]+)%"', str(flow_charts.percentiles(traffic())))
    assert corner is not None
    assert float(corner[1]) == pytest.approx(100 * 1.301 / 3, abs=0.1)


def test_errors_count_as_never_answered() -> None:
    chart = str(flow_charts.percentiles(traffic(errors=0.2)))
    end = re.findall(r'points="[^"]*?([\d.]+),[\d.]+"', chart)[0]
    assert float(end) < 1000 * 0.75 / 3


def test_a_stall_is_a_gap_between_what_was_due_and_what_came() -> None:
    chart = flow_charts.offered_and_served(traffic(stall=True))
    assert ">offered<" in str(chart)
    assert ">served<" in str(chart)
    assert 'class="lacking"' in str(chart)
    assert re.search(r"offered \d+/s, served [\d.]+/s on average", told(chart))


def test_the_generator_s_punctuality_is_told() -> None:
    on_time, behind = traffic(), traffic(p99=0.09)
    assert flow_charts.lateness(on_time).startswith("the generator kept its schedule to 200 µs")
    assert not flow_charts.late(on_time)
    assert flow_charts.lateness(behind).startswith("the generator fell behind its schedule: by 90 ms")
    assert flow_charts.late(behind)
    assert "fell behind" in told(flow_charts.offered_and_served(behind))


def test_without_the_generator_s_word_the_exchanges_tell() -> None:
    *events, _ = arrivals(p99=0.004)
    (view,) = report([HEADER, run(), *events]).traffics
    assert flow_charts.lateness(view) == "requests left 1 ms behind their schedule at the 99th percentile"
    assert not flow_charts.late(view)


@pytest.mark.parametrize("n", [1, 2])
def test_hardly_any_data(n: int) -> None:
    view = traffic(n=n)
    for chart in (flow_charts.heat_map, flow_charts.percentiles, flow_charts.offered_and_served):
        assert "nan" not in str(chart(view))


def test_no_data() -> None:
    opening = load_scenes.arrivals()[0]
    (view,) = report([HEADER, run(), opening]).traffics
    assert flow_charts.heat_map(view) is None
    assert flow_charts.percentiles(view) is None
    assert flow_charts.offered_and_served(view) is None
    assert flow_charts.lateness(view) == ""
