"""What can be read of a policy that is wrong somewhere."""

from __future__ import annotations

from pathlib import Path

from seatrial.bundled import bundled
from seatrial.policy.marked import Origin, mark
from seatrial.policy.parts import bundled_prompts, prompts_file, readable

DOCUMENT = {
    "spec": {
        "targets": [{"name": "a", "uri": "http://a"}, {"name": "b", "uri": 5}],
        "traffic": [{"name": "t", "target": "a"}, {"name": "u", "target": "b"}, {"name": "v"}],
        "objectives": "none",
        "risk": {"powr": 1},
    }
}


def test_the_sound_parts_are_read_and_the_others_named() -> None:
    parts = readable(mark(DOCUMENT, Origin("policy.yaml", 3)), trial=True)
    assert sorted(parts.targets) == [0]
    assert parts.names("targets") == ["a", "b"]
    assert sorted(parts.traffic) == [0, 1, 2]
    assert parts.objectives == {}
    assert parts.risk is None
    assert parts.traffic_named("t") is parts.traffic[0]
    assert parts.traffic_named("x") is None
    assert parts.target_of(parts.traffic[0]) is parts.targets[0]
    assert parts.target_of(parts.traffic[1]) is None
    assert parts.target_of(parts.traffic[2]) is None


def test_prompts_by_name_and_by_file() -> None:
    assert prompts_file("bundled/chat-short", None) == bundled("fixtures") / "prompts" / "chat-short.jsonl"
    assert prompts_file("own.jsonl", Path("sub")) == Path("sub/own.jsonl")
    assert prompts_file("own.jsonl", None) == Path("own.jsonl")
    assert "bundled/chat-short" in bundled_prompts()
