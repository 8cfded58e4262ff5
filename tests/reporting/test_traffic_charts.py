from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from seatrial.reporting.columns import columns
from seatrial.reporting.model import Report, TrafficView
from seatrial.reporting.traffic_charts import distribution, summary_rows, timeline
from tests.reporting import synthetic


def traffic(report: Report) -> TrafficView:
    return report.traffics[0]


def test_the_limit_is_marked_and_what_lies_beyond_is_red(healthy: Report) -> None:
    drawn = str(distribution(traffic(healthy), "operation.duration"))
    assert "limit: ≤ 5 % beyond 1 s" in drawn
    assert 'class="bin over"' in drawn
    assert "p95" in drawn
    fast = replace(traffic(healthy), limits=())
    assert 'class="bin over"' not in str(distribution(fast, "operation.duration"))


def test_a_limit_far_away_does_not_squeeze_the_data(make_report: Callable[..., Report]) -> None:
    drawn = str(distribution(traffic(make_report(synthetic.healthy(slow=0.05, n=600))), "operation.duration"))
    assert "→" in drawn
    assert drawn.count('class="bin"') > 10


def test_the_timeline_tells_segments_warm_up_and_errors(rejected: Report) -> None:
    drawn = str(timeline(traffic(rejected)))
    assert [f"segment {number}" in drawn for number in (1, 2, 3)] == [True] * 3
    assert 'class="warmup"' in drawn
    assert 'class="error"' in drawn
    assert "errors" in drawn
    assert drawn.count('<polyline class="line"') == 3, "the line breaks between segments"


def test_a_segment_too_short_for_its_name_has_none() -> None:
    batches = [
        {
            "event": "exchanges",
            "segment": segment,
            "intended": times,
            "duration": [0.1] * len(times),
            "error": [],
        }
        for segment, times in enumerate(([0.0, 0.1], [0.5, 0.6], [1.0, 5.0, 20.0]))
    ]
    drawn = str(timeline(TrafficView("steady", "", columns(batches), ())))
    assert ["segment 1" in drawn, "segment 2" in drawn, "segment 3" in drawn] == [False, False, True]
    assert drawn.count('class="divider"') == 2


def test_no_errors_no_red(make_report: Callable[..., Report]) -> None:
    assert 'class="error"' not in str(timeline(traffic(make_report(synthetic.healthy(n=600)))))


def test_a_limit_far_above_is_a_word_and_not_a_line(make_report: Callable[..., Report]) -> None:
    fast = traffic(make_report(synthetic.healthy(slow=0.05, n=600)))
    assert "limit 1 s ↑" in str(timeline(fast))
    assert 'class="limit"' not in str(timeline(fast))


def test_nothing_measured() -> None:
    empty = TrafficView("steady", "", columns([]), ())
    assert distribution(empty, "operation.duration") is None
    assert timeline(empty) is None
    assert summary_rows(empty) == []


def test_one_exchange_and_none_that_ended() -> None:
    one = {"event": "exchanges", "intended": [1.0], "duration": [0.2], "ttfc": [None], "error": [None]}
    assert timeline(TrafficView("steady", "", columns([one]), ())) is not None
    assert distribution(TrafficView("steady", "", columns([one]), ()), "time_to_first_chunk") is None
    lost = {"event": "exchanges", "intended": [1.0, 2.0], "duration": [None, None], "error": ["dns", "dns"]}
    assert "2 errors" in str(timeline(TrafficView("steady", "", columns([lost]), ())))


def test_many_exchanges_stay_a_small_drawing() -> None:
    n = 100_000
    random = np.random.default_rng(7)
    batch = {
        "event": "exchanges",
        "intended": np.linspace(0, 600, n).tolist(),
        "duration": random.lognormal(-1, 1, n).tolist(),
        "error": [None if value > 0.2 else "reset" for value in random.random(n)],
    }
    assert len(str(timeline(TrafficView("steady", "", columns([batch]), ())))) < 150_000


def test_percentiles(healthy: Report) -> None:
    rows = dict(summary_rows(traffic(healthy)))
    assert list(rows) == ["to the last byte", "to the first chunk"]
    assert list(rows["to the last byte"]) == ["p50", "p90", "p95", "p99", "max"]
