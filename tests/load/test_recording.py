"""Traces: what is read of which, and that every line that is wrong is told by its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.load.recording import Recording, read_recording

AZURE = """\
TIMESTAMP,ContextTokens,GeneratedTokens
2026-11-16 18:15:46.6805900,374,44
2026-11-16 18:15:50.9951690,396,109
2026-11-16 18:15:51.2224670,879,55
"""
BURST = """\
Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
5,ChatGPT,472,18,490,Conversation log
45,ChatGPT,1087,0,1087,Conversation log
"""
MOONCAKE = """\
{"timestamp": 0, "input_length": 1200, "output_length": 52, "hash_ids": [46, 47, 48]}
{"timestamp": 1500, "input_length": 1300, "output_length": 26, "hash_ids": [46, 47, 2353]}
"""
SESSIONS = """\
time,session,turn,input_tokens,output_tokens
0,a,1,10,5
1,b,3,20,5
2,a,2,30,5
3,,0,40,5
"""


def read(folder: Path, text: str, unit: str = "s") -> Recording:
    (folder / "trace").write_text(text, "utf-8")
    return read_recording(folder / "trace", unit)


def test_the_public_traces_are_read_by_their_own_names(tmp_path: Path) -> None:
    azure = read(tmp_path, AZURE)
    assert [time - azure.times[0] for time in azure.times] == pytest.approx([0, 4.314579, 4.541877])
    assert (list(azure.inputs or ()), list(azure.outputs or ())) == ([374, 396, 879], [44, 109, 55])
    assert azure.rate == pytest.approx(2 / 4.541877)
    burst = read(tmp_path, BURST)
    assert (list(burst.times), list(burst.outputs or ())) == ([5, 45], [18, 0])
    mooncake = read(tmp_path, MOONCAKE, "ms")
    assert list(mooncake.times) == [0, 1.5]
    assert mooncake.hashes is not None
    first, second = mooncake.hashes
    assert (list(first[:2]) == list(second[:2]), first[2] == second[2]) == (True, False)
    assert all(each.scripted for each in (azure, burst, mooncake))


def test_sessions_are_numbered_and_a_request_may_stand_alone(tmp_path: Path) -> None:
    found = read(tmp_path, SESSIONS)
    assert list(found.sessions or ()) == [0, 1, 0, -1]
    assert found.conversations == 2
    assert found.digest.startswith("sha256:")


def test_times_alone_are_no_script(tmp_path: Path) -> None:
    found = read(tmp_path, "when it was,time\nx,1\ny,1\n")
    assert not found.scripted
    assert (found.conversations, found.rate, len(found)) == (0, None, 2)


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    first = read(tmp_path, "time\n1\n")
    assert read_recording(tmp_path / "trace") is first
    assert len(read(tmp_path, "time\n1\n2\n")) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("when\n1\n", "trace:2: this arrival has no time"),
        ("time\n1\nsoon\n", "trace:3: 'soon' is no time"),
        ("time\n1\nnan\n", "trace:3: 'nan' is no time"),
        ("time\n1\n\n\n-2\n", "trace:5: this arrival has a negative time"),
        ("time\n3\n2\n", "trace:3: this arrival is before the one above it"),
        ("time,x\n1,2\n3\n", "trace:3: this line has 1 values, the header names 2"),
        ("", "trace: a trace needs arrivals"),
        ("time,input_tokens\n", "trace: a trace needs arrivals"),
        ('{"time": 1}\nnot json\n', "trace:2: this line is not JSON"),
        ('{"time": 1}\n[2]\n', "trace:2: an arrival is a JSON object"),
        ('{"time": 1, "input_length": 4}\n{"time": 2}\n', "trace:2: this arrival has no input tokens, and"),
        ("time,ContextTokens\n1,\n", "trace:2: this arrival has no input tokens"),
        ("time,output_tokens\n1,2.5\n", "trace:2: '2.5' is no number of output tokens"),
        ("time,output_tokens\n1,-2\n", "trace:2: '-2' is no number of output tokens"),
        ("time,output_tokens\n1,inf\n", "trace:2: 'inf' is no number of output tokens"),
        ("time,input_tokens\n1,99999999999\n", "trace:2: '99999999999' is no number of input tokens"),
        ("time,turn\n1,1\n", "trace:2: a turn belongs to a session"),
        ("time,session,turn\n1,a,1\n2,a,3\n", "trace:3: turn 3 of session 'a' stands where turn 2 should"),
        ("time,session,turn\n1,a,2\n2,a,1\n", "trace:3: turn 1 of session 'a' stands where turn 3 should"),
        (
            '{"time": 1, "session": "a", "hash_ids": [1]}\n',
            "trace:1: a trace has sessions or hash ids, not both",
        ),
        ('{"time": 1, "hash_ids": 7}\n', "trace:1: 7 is no list of hash ids"),
    ],
)
def test_a_line_that_is_wrong_is_told(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(UsageError, match="trace") as caught:
        read(tmp_path, content)
    assert said in str(caught.value)


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "trace").write_bytes(b"time\n\xff\xfe\n")
    with pytest.raises(UsageError, match="cannot be read"):
        read_recording(tmp_path / "trace")
    with pytest.raises(UsageError, match="cannot be read"):
        read_recording(tmp_path / "nothing")
