"""Sessions of a trace against a target: order, what is carried, what waits, and that the waiting is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.tenants import Tenants
from seatrial.load.conversations import ScriptSender
from seatrial.load.prompts import PromptSet
from seatrial.load.recording import read_recording
from seatrial.load.script import Script
from seatrial.targets.client import clock
from seatrial.targets.wire import Prompt

PROMPTS = PromptSet("own", tuple(Prompt.of(f"Question {number}?") for number in range(9)), "sha256:x")


class Target:
    """Answers when told to (`seatrial.targets.client.Client`, as far as it is needed here)."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, list[Any], dict[str, Any]]] = []
        self.keys: list[Any] = []
        self._open: dict[int, tuple[Callable[[Exchange], None], dict[str, Any]]] = {}
        self.closed = False

    def prepare(self, prompt: Prompt, *, stream: bool, api_key: Any = None) -> Any:
        return prompt, api_key

    def begin(self, prepared: Any, then: Callable[[Exchange], None], **when: Any) -> None:
        prompt, key = prepared
        self.keys.append(key)
        self.sent.append((when["prompt"], [message["content"] for message in prompt.messages], when))
        self._open[when["prompt"]] = then, when

    def answer(self, row: int, text: str = "Because.", error: ErrorKind | None = None) -> None:
        then, when = self._open.pop(row)
        now = clock() - when["zero"]
        then(Exchange(when["index"], when["intended"], now, now, text=text, error=error, prompt=row))

    @property
    def rows(self) -> list[int]:
        return [row for row, _, _ in self.sent]

    async def close(self) -> None:
        self.closed = True


class Stage:
    """A sender, its target, and what came back."""

    def __init__(self, folder: Path, trace: str, **more: Any) -> None:
        (folder / "trace").write_text(trace, "utf-8")
        self.script = Script(read_recording(folder / "trace"), PROMPTS, [1])
        self.target = Target()
        self.told: list[dict[str, Any]] = []
        self.came: list[int] = []
        self.zero = clock()
        client: Any = self.target
        self.sender = ScriptSender(
            client, self.script, stream=False, tell=lambda **told: self.told.append(told), **more
        )
        self._index = 0

    def due(self, count: int = 1) -> None:
        """The next requests' times have come."""
        for _ in range(count):
            self.sender.begin(
                99,
                lambda exchange: self.came.append(exchange.prompt),
                index=self._index,
                intended=clock() - self.zero,
                zero=self.zero,
                failed=lambda error: pytest.fail(str(error)),
            )
            self._index += 1


def on_a_loop(act: Callable[[], Any]) -> None:
    async def main() -> None:
        found = act()
        if asyncio.iscoroutine(found):
            await found

    asyncio.run(main())


SESSION = "time,session,output_tokens\n0,a,5\n1,a,5\n2,b,5\n3,a,5\n"


def test_a_turn_waits_for_the_answer_before_and_carries_it(tmp_path: Path) -> None:
    stage = Stage(tmp_path, SESSION)
    on_a_loop(lambda: stage.due(4))
    assert stage.target.rows == [0, 2], "the second and third turn of a wait, b does not"
    stage.target.answer(0, "To carry things.")
    assert stage.target.rows == [0, 2, 1]
    first, second = stage.target.sent[0][1], stage.target.sent[2][1]
    assert second[:2] == [first[0], "To carry things."]
    assert len(second) == 3
    stage.target.answer(1, "They are hollow.")
    assert stage.target.sent[3][1] == [*second, "They are hollow.", stage.script.shown(3)]
    intended = [when["intended"] for _, _, when in sorted(stage.target.sent, key=lambda sent: sent[0])]
    assert intended == sorted(intended), "latency counts from the trace's times, not from when it could leave"
    assert [when["index"] for _, _, when in sorted(stage.target.sent, key=lambda sent: sent[0])] == [
        0,
        1,
        2,
        3,
    ]
    stage.target.answer(2)
    stage.target.answer(3)
    assert stage.came == [0, 1, 2, 3]
    asyncio.run(stage.sender.close())
    assert stage.target.closed
    (told,) = stage.told
    assert (told["turns"], told["waited"], told["unanswered"]) == (4, 2, 0)
    assert 0 < told["waited_longest"] <= told["waited_seconds"]


def test_a_turn_whose_time_comes_after_the_answer_does_not_wait(tmp_path: Path) -> None:
    stage = Stage(tmp_path, SESSION)

    def act() -> None:
        for row in range(4):
            stage.due()
            stage.target.answer(row)

    on_a_loop(act)
    assert stage.target.rows == [0, 1, 2, 3]
    assert stage.sender.told()["waited"] == 0
    assert stage.sender._open == {}, "a session that is over is forgotten"


@pytest.mark.parametrize(("text", "error"), [("", ErrorKind.RESET), ("half an ans", ErrorKind.TRUNCATED)])
def test_the_conversation_goes_on_without_an_answer_that_failed(
    tmp_path: Path, text: str, error: ErrorKind
) -> None:
    stage = Stage(tmp_path, SESSION)
    on_a_loop(lambda: stage.due(4))
    stage.target.answer(0, text, error)
    assert len(stage.target.sent[-1][1]) == 1, "neither the question nor half an answer is carried"
    stage.target.answer(1)
    assert len(stage.target.sent[-1][1]) == 3
    assert stage.sender.told()["unanswered"] == 1


def test_requests_that_stand_alone_wait_for_nobody_and_tell_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "time,input_tokens\n0,10\n1,20\n2,30\n")

    async def act() -> None:
        for _ in range(3):
            stage.due()
            await asyncio.sleep(0)  # meanwhile the next text is made

    on_a_loop(act)
    assert stage.target.rows == [0, 1, 2]
    assert [len(said[0]) for _, said, _ in stage.target.sent] == [40, 80, 120]
    assert [said[0] for _, said, _ in stage.target.sent] == [stage.script.shown(row) for row in range(3)]
    asyncio.run(stage.sender.close())
    assert stage.told == []


def test_tenants_take_turns_with_their_own_keys(tmp_path: Path) -> None:
    tenants = Tenants(["a", "b"], [1, 1], "t")
    keys: Any = ["key-a", "key-b"]
    stage = Stage(
        tmp_path, "time,input_tokens\n" + "".join(f"{n},9\n" for n in range(8)), tenants=tenants, keys=keys
    )

    async def act() -> None:
        for _ in range(8):
            stage.due()
            await asyncio.sleep(0)

    on_a_loop(act)
    assert stage.target.keys == [keys[tenants.sender(index)] for index in range(8)]
