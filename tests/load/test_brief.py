from __future__ import annotations

import pytest

from seatrial.load.brief import Brief
from seatrial.load.frames import Frames, frame
from seatrial.targets.config import HttpJson, TargetConfig, Timeouts, Tls
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Prompt


def test_all_of_a_target_comes_over_and_its_secrets_stay_secrets() -> None:
    config = TargetConfig(
        name="bot",
        protocol="http-json",
        uri="https://bot.example:8443/v1",
        model="small",
        api_key=Secret("sk-canary"),
        headers={"x-tenant": "blue", "authorization": "Bearer canary"},
        timeouts=Timeouts(total=7.0),
        tls=Tls(verify=False, server_name="other"),
        http_json=HttpJson(body={"q": "{{prompt}}"}, headers={"x-key": Secret("k")}, answer="$.a"),
        capabilities=frozenset({"tools"}),
    )
    keys = (None, Secret("sk-canary-blue"))
    brief = Brief(config, (Prompt.of("Hello", max_tokens=4),), True, 8, 1.5, keys)
    read = Brief.from_bytes(brief.to_bytes())
    assert read.config == config
    assert read.config.api_key is not None
    assert read.config.api_key.reveal() == "sk-canary"
    assert "canary" not in repr(read)
    assert list(read.prompts) == list(brief.prompts)
    assert (read.stream, read.connections, read.zero) == (True, 8, 1.5)
    assert [key and key.reveal() for key in read.keys] == [None, "sk-canary-blue"]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_frames_come_whole_however_they_are_cut(size: int) -> None:
    data = frame(b"A", b"x" * 20) + frame(b"D") + frame(b"C", b"yz")
    frames = Frames()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    found = [message for piece in pieces for message in frames.feed(piece)]
    assert found == [(b"A", b"x" * 20), (b"D", b""), (b"C", b"yz")]
    assert not frames.torn
    assert list(frames.feed(data[:7])) == []
    assert frames.torn
