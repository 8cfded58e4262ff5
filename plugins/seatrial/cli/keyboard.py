"""The keyboard during a game day: one key goes on, one writes a note, one ends it all at once."""

from __future__ import annotations

import codecs
import os
import re
import select
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from seatrial.chaos.gameday.abort import Abort

_POLL = 0.1  # seconds between two looks at whether it is over
_LONGEST = 2000  # characters of a note
_ESCAPE = "\x1b"
# Keys such as the arrows send several characters that begin with an escape: none of them is a key of ours.
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\x1b\[O])")


class Keyboard:
    """Reads single keys (`seatrial.chaos.gameday.desk.Desk`).

    Enter goes on, ``n`` begins a note, ``q`` calls the game day off; while a note is written Enter ends it
    and Escape drops it.

    Args:
        abort: what ``q`` sets.
        note: takes what people write of their own accord.
        typing: told what is being written, None when nothing is.
        descriptor: of the terminal; standard input by default.
    """

    def __init__(
        self,
        abort: Abort,
        *,
        note: Callable[[str], None],
        typing: Callable[[str | None], None],
        descriptor: int | None = None,
    ) -> None:
        self._abort = abort
        self._note = note
        self._typing = typing
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor
        self._go = threading.Event()
        self._answered = threading.Event()
        self._answer: str | None = None
        self._asked = False
        self._line: str | None = None
        self._end = threading.Event()
        self._lock = threading.Lock()
        self._before: list[Any] | None = None
        self._thread = threading.Thread(target=self._read, name="gameday-keys", daemon=True)

    def __enter__(self) -> Self:
        import termios
        import tty

        self._before = termios.tcgetattr(self._descriptor)
        tty.setcbreak(self._descriptor)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        import termios

        self._end.set()
        self._thread.join()
        if self._before is not None:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)

    # ---- what the script asks

    def go(self, seconds: float, abort: Abort) -> bool:
        """Wait for Enter; False where it did not come within *seconds*."""
        self._go.clear()
        return abort.wait_for(self._go, seconds)

    def answer(self, question: str, seconds: float, abort: Abort) -> str | None:
        """What people answer to *question*, None where nobody did."""
        self._answered.clear()
        with self._lock:
            self._asked, self._answer = True, None
            self._line = self._line or ""
            self._typing(self._line)
        try:
            abort.wait_for(self._answered, seconds)
            return self._answer
        finally:
            with self._lock:
                self._asked, self._line = False, None
            self._typing(None)

    # ---- keys

    def _read(self) -> None:
        decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        while not self._end.is_set():
            ready, _, _ = select.select([self._descriptor], [], [], _POLL)
            if not ready:
                continue
            data = os.read(self._descriptor, 1024)
            if not data:  # the terminal is gone: nobody can press a key any more
                self._abort.call("the terminal", "it was closed")
                return
            self.press(decode(data))

    def press(self, keys: str) -> None:
        """Take in what was typed."""
        for key in _SEQUENCE.sub("", keys):
            with self._lock:
                writing = self._line is not None
            if writing:
                self._write(key)
            elif key in "\r\n":
                self._go.set()
            elif key in "qQ":
                self._abort.call("the key q")
            elif key in "nN":
                self._begin()

    def _begin(self) -> None:
        with self._lock:
            self._line = ""
        self._typing("")

    def _write(self, key: str) -> None:
        with self._lock:
            line = self._line or ""
            if key in "\r\n":
                self._finish(line)
                return
            if key == _ESCAPE:
                self._line = "" if self._asked else None
            elif key in "\x7f\b":
                self._line = line[:-1]
            elif key == "\x15":
                self._line = ""
            elif key.isprintable():
                self._line = (line + key)[:_LONGEST]
        self._typing(self._line)

    def _finish(self, line: str) -> None:
        self._line = None
        self._typing(None)
        if self._asked:
            self._answer = line.strip() or None
            self._answered.set()
        elif line.strip():
            self._note(line.strip())
