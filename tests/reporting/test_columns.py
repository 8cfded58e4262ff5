from __future__ import annotations

import numpy as np

from seatrial.reporting.columns import columns

BATCH = {
    "event": "exchanges",
    "first": 0,
    "segment": 0,
    "intended": [0.0, 0.1],
    "duration": [0.5, None],
    "ttfc": [0.2, None],
    "lag": [0.0, 0.001],
    "status": [200, None],
    "error": [None, "reset"],
}


def test_batches_are_joined() -> None:
    made = columns([BATCH, BATCH | {"first": 2, "segment": 1, "error": ["reset", "dns"]}])
    assert len(made) == 4
    assert made.index.tolist() == [0, 1, 2, 3]
    assert made.segment.tolist() == [0, 0, 1, 1]
    assert made.status.tolist() == [200, 0, 200, 0]
    assert np.isnan(made.duration).tolist() == [False, True, False, True]
    assert made.failed.tolist() == [False, True, True, True]
    assert made.errors() == [("reset", 2), ("dns", 1)]


def test_the_warm_up_is_kept_apart() -> None:
    made = columns([BATCH | {"event": "warmup"}, BATCH])
    assert len(made) == 4
    assert len(made.measured) == 2
    assert made.measured.kinds == made.kinds


def test_no_batches() -> None:
    made = columns([])
    assert len(made) == 0
    assert made.errors() == []
    assert made.duration.dtype == np.float64


def test_a_damaged_batch_is_filled_up() -> None:
    made = columns([{"event": "exchanges", "intended": [0.0, 0.1, 0.2], "duration": [0.5], "error": []}])
    assert len(made) == 3
    assert np.isfinite(made.duration).sum() == 1
    assert not made.failed.any()


def test_a_hostile_error_kind_is_cleaned() -> None:
    made = columns([BATCH | {"error": [None, "\x1b[2J" + "x" * 99]}])
    ((kind, _),) = made.errors()
    assert "\x1b" not in kind
    assert len(kind) <= 40


def test_named() -> None:
    made = columns([BATCH])
    assert made.named("operation.duration") is made.duration
    assert made.named("time_to_first_chunk") is made.ttfc
    assert made.named("availability") is None
