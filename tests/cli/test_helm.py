"""The helm: a journal that threads share, without secrets, and an abort that signals set."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

from seatrial.chaos.gameday.abort import Abort
from seatrial.cli.helm import Logbook, exit_code, signals_end
from seatrial.cli.run_folder import new_run
from seatrial.core.journal import read_journal
from seatrial.core.outcome import ExitCode
from seatrial.targets.secret import Redactor


def test_the_journal_and_the_screen_see_no_secret(tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    folder = new_run(tmp_path / "run")
    book = Logbook(folder, Redactor(["first-secret"]), seen.append)
    book.hide("second-secret")
    book.record("note", text="first-secret and second-secret")
    book.record("exchanges", traffic="t", intended=[0.0])
    book.finish()
    assert "secret" not in folder.journal.read_text("utf-8")
    assert "secret" not in repr(seen)
    assert [event["event"] for event in seen] == ["note", "exchanges", "finish"]
    assert exit_code(folder) is ExitCode.NOT_PROVEN, "nothing was measured"


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    folder = new_run(tmp_path / "run")
    book = Logbook(folder, Redactor(), lambda event: None)
    threads = [
        threading.Thread(target=lambda: [book.record("note", text="x" * 3000) for _ in range(50)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    book.finish()
    journal = read_journal(folder.journal)
    assert sum(event["event"] == "note" for event in journal.events) == 200
    assert journal.complete


def test_ctrl_c_and_sigterm_set_the_abort_and_interrupt_nothing() -> None:
    for number, by in ((signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")):
        before = signal.getsignal(number)
        abort = Abort()
        with signals_end(abort):
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            assert abort.called
        assert abort.by == by
        assert signal.getsignal(number) is before
