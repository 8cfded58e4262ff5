"""What the requests of a recording ask: so long, by the seed, with the beginnings that were recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import UsageError
from seatrial.load.prompts import PromptSet
from seatrial.load.recording import read_recording
from seatrial.load.script import Script
from seatrial.targets.wire import Prompt

SENTENCES = [
    f"Sentence number {number} is about ships, and ends here{'.' * (number % 5)}" for number in range(40)
]
PROMPTS = PromptSet("own", tuple(Prompt.of(text, max_tokens=7) for text in SENTENCES), "sha256:x")


def script(folder: Path, text: str, seed: int = 1, prompts: PromptSet = PROMPTS, **more: Any) -> Script:
    (folder / "trace").write_text(text, "utf-8")
    return Script(read_recording(folder / "trace"), prompts, [seed], **more)


def texts(made: Script) -> list[str]:
    return [made.prompt(row).text for row in range(len(made))]


def test_prompts_are_as_long_as_recorded_and_answers_as_asked_for(tmp_path: Path) -> None:
    made = script(tmp_path, "t,input_tokens,output_tokens\n0,10,3\n1,1000,44\n2,100,0\n3,0,9\n")
    assert [len(text) for text in texts(made)] == [40, 4000, 400, 4]
    assert [made.prompt(row).max_tokens for row in range(4)] == [3, 44, 1, 9]
    assert all(word in " ".join(SENTENCES) for word in texts(made)[2].split()[:-1])


def test_the_seed_decides_and_no_two_begin_alike_for_long(tmp_path: Path) -> None:
    trace = "t,input_tokens\n" + "".join(f"{number},500\n" for number in range(30))
    one, again, other = (texts(script(tmp_path, trace, seed)) for seed in (1, 1, 2))
    assert one == again != other
    digests = [script(tmp_path, trace, seed).digest for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]
    assert len({text[:150] for text in one}) == 30


def test_the_traffics_own_limit_and_params_hold(tmp_path: Path) -> None:
    made = script(tmp_path, "t,output_tokens\n0,3\n1,90\n", max_tokens=20, params={"ignore_eos": True})
    assert [made.prompt(row).max_tokens for row in (0, 1)] == [3, 20]
    assert made.prompt(0).params == {"ignore_eos": True}


def test_without_input_tokens_prompts_are_those_of_the_set(tmp_path: Path) -> None:
    made = script(tmp_path, "t,output_tokens\n" + "".join(f"{number},5\n" for number in range(80)))
    assert sorted(texts(made)[:40]) == sorted(texts(made)[40:]) == sorted(SENTENCES)
    assert texts(made)[:40] != texts(made)[40:], "each once before any comes again, in another order"
    assert made.shown(3) == made.prompt(3).text


def test_a_session_goes_on_with_what_was_said(tmp_path: Path) -> None:
    made = script(tmp_path, "t,session,input_tokens\n0,a,25\n1,a,60\n2,a,61\n3,,25\n")
    assert (made.session(0), made.session(3), made.ends(0), made.ends(2)) == (0, -1, False, True)
    first = made.prompt(0)
    before = [*first.messages, {"role": "assistant", "content": "x" * 40}]
    second = made.prompt(1, before)
    assert list(second.messages[:2]) == before
    assert sum(len(message["content"]) for message in second.messages) == 4 * 60
    assert made.shown(1) == second.messages[-1]["content"]
    assert made.crowded == 0
    before = [*second.messages, {"role": "assistant", "content": "y" * 400}]
    third = made.prompt(2, before)
    assert len(third.messages[-1]["content"]) == 4
    assert made.crowded == 1, "the answer was longer than recorded: there was no room"


def test_the_same_hash_ids_make_the_same_beginning(tmp_path: Path) -> None:
    rows = [
        '{"t": 0, "input_length": 25, "hash_ids": [1, 2, 3]}',
        '{"t": 1, "input_length": 28, "hash_ids": [1, 2, 4]}',
        '{"t": 2, "input_length": 50, "hash_ids": [5]}',
    ]
    made = script(tmp_path, "\n".join(rows), block=10)
    first, second, third = texts(made)
    assert [len(text) for text in (first, second, third)] == [100, 112, 200]
    assert first[:80] == second[:80]
    assert first[80:100] != second[80:100]
    assert third[:40] != first[:40]
    whole = script(tmp_path, '{"t": 0, "hash_ids": ["a", "b"]}', block=10)
    assert len(whole.prompt(0).text) == 80


def test_prompts_without_any_text_are_refused(tmp_path: Path) -> None:
    picture = Prompt(({"role": "user", "content": [{"type": "image_url"}]},))
    with pytest.raises(UsageError, match="no text that others could be made of"):
        script(tmp_path, "t,input_tokens\n0,1\n", prompts=PromptSet("pictures", (picture,), "sha256:x"))
