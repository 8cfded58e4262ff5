from __future__ import annotations

import pytest

from seatrial.faults.actions import Pause
from seatrial.faults.ai.sse_split import Attributes, SseSplit
from seatrial.faults.message import Request
from tests.faults.ai.observed import ANTHROPIC, OPENAI, TEXT, event, observe


@pytest.mark.parametrize("inside", ["utf8", "json", "end", "bytes"])
@pytest.mark.parametrize("protocol", [OPENAI, ANTHROPIC])
def test_a_reader_that_is_right_says_the_same_text(protocol: str, inside: str) -> None:
    seen = observe(("sse.split", {"inside": inside, "size": 40}), protocol=protocol)
    assert (seen.exchange.text, seen.exchange.ok, seen.hits) == (TEXT, True, 1)


def pieces(data: bytes, **attributes: object) -> list[bytes]:
    fault = SseSplit(Attributes.model_validate(attributes), Request(1, "POST", "/", ()), ("x",))
    items = list(fault.on_event(data) or [])
    assert all(isinstance(item, Pause) for item in items[1::2])
    assert b"".join(items[::2]) == data or not items  # type: ignore[arg-type]
    return items[::2]  # type: ignore[return-value]


def test_cuts_fall_where_they_hurt() -> None:
    euro = event({"x": "3 € or 日"})
    for piece in pieces(euro, inside="utf8")[:-1]:
        with pytest.raises(UnicodeDecodeError):
            piece.decode()
    assert len(pieces(euro, inside="utf8")) == 3
    assert pieces(b'data: {"a":1}\n\n', inside="end") == [b'data: {"a":1}\n', b"\n"]
    assert pieces(b"data: 12\n\n", inside="bytes", size=4) == [b"data", b": 12", b"\n\n"]
    assert pieces(event({"x": 1}), inside="utf8") == []
    assert pieces(b": comment\n\n", inside="json") == []
