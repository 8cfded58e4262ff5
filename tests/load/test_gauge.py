from __future__ import annotations

import time

from seatrial.load.gauge import Watch, read_gauge
from seatrial.policy.scaling import GaugeSpec

PAGE = """\
# HELP replicas How many there are.
# TYPE replicas gauge
replicas{zone="a b"} 2
replicas{zone="c"} 1.0 1700000000000
replicas_wanted 9
broken{zone="a"} many
infinite +Inf
"""


def test_series_of_a_gauge_are_added_up() -> None:
    assert read_gauge(PAGE, "replicas") == 3.0
    assert read_gauge(PAGE, "replicas_wanted") == 9.0


def test_what_is_no_number_or_not_there_is_nothing() -> None:
    assert read_gauge(PAGE, "absent") is None
    assert read_gauge(PAGE, "broken") is None
    assert read_gauge(PAGE, "infinite") is None
    assert read_gauge("<html>", "replicas") is None


def test_a_watch_looks_until_its_end_and_leaves_out_what_cannot_be_read() -> None:
    pages = iter([PAGE, None, "nothing", PAGE])
    spec = GaugeSpec.model_validate({"metric": "replicas", "every": "1ms"})
    with Watch(spec, lambda path: next(pages, PAGE)) as watch:
        while len(watch.seen) < 3:
            time.sleep(0.001)
    seen = list(watch.seen)
    assert {value for _, value in seen} == {3.0}
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)
    assert watch.seen == seen, "it has ended"
