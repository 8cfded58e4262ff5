"""A script seen as a whole: names, what is judged, and what counts from where."""

from __future__ import annotations

from seatrial.chaos.gameday.outline import Outline
from tests.chaos.gameday.acting import spec_of

SCRIPT = """\
  signals: [{name: pager, webhook: {}}]
  steps:
    - {say: hello}
    - {checkpoint: {within: 5s}}
    - {inject: {on: primary, toxic: http.status, toxicity: 50%}}
    - {expect: {signal: pager, within: 2m}}
    - {checkpoint: {rto: 10s}}
    - {name: back, revert: all}
    - {expect: {signal: pager, state: quiet, within: 1m}}
    - {checkpoint: {rto: 10s, since: back}}
    - {pause: {until: done, most: 1m}}
    - {wait: 90s}
"""


def test_names_and_items() -> None:
    outline = Outline("drill", spec_of(SCRIPT))
    assert [outline.title(number) for number in range(4)] == [
        "say-1", "checkpoint-2", "primary-http-status", "expect-4",
    ]  # fmt: skip
    assert {number: item.id.partition("::")[2] for number, item in outline.items.items()} == {
        1: "02-checkpoint",
        2: "03-primary-http-status",
        3: "04-pager-fires",
        4: "05-checkpoint",
        6: "07-pager-stops",
        7: "08-checkpoint",
    }
    assert outline.items[7].title == "the service is back in time after back"


def test_what_counts_from_which_step() -> None:
    outline = Outline("drill", spec_of(SCRIPT))
    assert {number: outline.anchor(number) for number in (1, 3, 4, 6, 7)} == {1: 1, 3: 2, 4: 2, 6: 5, 7: 5}
    assert outline.followers(2) == [3, 4]
    assert outline.followers(5) == [6, 7]
    assert [outline.limit(number) for number in (1, 3, 4, 6)] == [5.0, 120.0, 10.0, 60.0]


def test_every_step_is_told_in_words() -> None:
    told = Outline("drill", spec_of(SCRIPT)).told()
    assert [step["about"] for step in told] == [
        "hello",
        "the service is steady within 5 s",
        "inject http.status on primary, 50% of it",
        "pager fires within 2 min",
        "the service is back within 10 s",
        "take every fault back",
        "pager stops within 1 min",
        "the service is back within 10 s",
        "done",
        "let the traffic flow for 1 min 30 s",
    ]
    assert told[8]["most"] == 60.0
