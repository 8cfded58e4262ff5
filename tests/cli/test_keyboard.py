"""Single keys: Enter, notes, and the one that ends everything."""

from __future__ import annotations

import os
import pty
import threading
from collections.abc import Iterator

import pytest

from seatrial.chaos.gameday.abort import Abort, Aborted
from seatrial.cli.keyboard import Keyboard


class Hands:
    """A keyboard that is pressed by the test."""

    def __init__(self, descriptor: int) -> None:
        self.abort = Abort()
        self.notes: list[str] = []
        self.typed: list[str | None] = []
        self.keyboard = Keyboard(
            self.abort, note=self.notes.append, typing=self.typed.append, descriptor=descriptor
        )


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    yield ours, theirs
    for descriptor in (ours, theirs):
        os.close(descriptor)


@pytest.fixture
def hands(terminal: tuple[int, int]) -> Hands:
    return Hands(terminal[1])


def test_q_ends_it_and_nothing_else_does(hands: Hands) -> None:
    hands.keyboard.press("xyz\x1b[A\x1bOP ")
    assert not hands.abort.called
    hands.keyboard.press("q")
    assert hands.abort.by == "the key q"


def test_a_note_may_hold_any_letter(hands: Hands) -> None:
    hands.keyboard.press("nquick brown\x7f\x7f fox é日本\x07\r")
    assert hands.notes == ["quick bro fox é日本"]
    assert not hands.abort.called
    assert hands.typed[-1] is None


def test_escape_drops_a_note_and_an_empty_one_is_none(hands: Hands) -> None:
    hands.keyboard.press("nabc")
    hands.keyboard.press("\x1b")
    hands.keyboard.press("n   \r")
    hands.keyboard.press("nabc\x15\r")
    assert hands.notes == []


def test_a_note_has_an_end(hands: Hands) -> None:
    hands.keyboard.press("n" + "x" * 5000 + "\r")
    assert len(hands.notes[0]) == 2000


def test_enter_goes_on(hands: Hands) -> None:
    threading.Timer(0.05, hands.keyboard.press, ("\r",)).start()
    assert hands.keyboard.go(30, hands.abort)
    assert not hands.keyboard.go(0.05, hands.abort)


def test_an_answer_is_what_was_typed(hands: Hands) -> None:
    threading.Timer(0.05, hands.keyboard.press, ("the breaker q\r",)).start()
    assert hands.keyboard.answer("what?", 30, hands.abort) == "the breaker q"
    threading.Timer(0.05, hands.keyboard.press, ("\r",)).start()
    assert hands.keyboard.answer("what?", 30, hands.abort) is None
    assert hands.keyboard.answer("what?", 0.05, hands.abort) is None
    assert hands.notes == []


def test_every_wait_ends_with_an_abort(hands: Hands) -> None:
    for wait in (
        lambda: hands.keyboard.go(30, hands.abort),
        lambda: hands.keyboard.answer("?", 30, hands.abort),
    ):
        hands.abort.call("the test")
        with pytest.raises(Aborted):
            wait()


def test_the_terminal_is_given_back_as_it_was(terminal: tuple[int, int]) -> None:
    import termios

    before = termios.tcgetattr(terminal[1])
    hands = Hands(terminal[1])
    with hands.keyboard:
        assert not termios.tcgetattr(terminal[1])[3] & termios.ICANON
        os.write(terminal[0], b"q")
        with pytest.raises(Aborted):
            hands.abort.sleep(30)
    assert termios.tcgetattr(terminal[1]) == before


def test_letters_may_come_in_pieces(terminal: tuple[int, int]) -> None:
    hands = Hands(terminal[1])
    with hands.keyboard:
        for piece in (b"n\xc3", b"\xa9", b"\r", b"q"):
            os.write(terminal[0], piece)
        with pytest.raises(Aborted):
            hands.abort.sleep(30)
    assert hands.notes == ["é"]
