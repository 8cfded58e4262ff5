"""An experiment ends with the harness that started it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from seatrial.chaos.toolkit import launcher


def test_it_is_chaostoolkit_s_own_command(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    command = [sys.executable, "-m", launcher.__name__, str(reading), "--no-log-file", "--version"]
    done = subprocess.run(
        command, pass_fds=(reading,), capture_output=True, text=True, check=False, cwd=tmp_path
    )
    os.close(reading)
    os.close(writing)
    assert (done.returncode, done.stdout.split(",")[0]) == (0, "chaos")


def followed(body: str, *, grace: float) -> subprocess.CompletedProcess[str]:
    """A process that waits while its lifeline ends."""
    reading, writing = os.pipe()
    code = f"""
        import os, signal, sys, threading, time
        from seatrial.chaos.toolkit.launcher import follow
        {body}
        threading.Thread(target=follow, args=({reading}, {grace}), daemon=True).start()
        print("ready", flush=True)
        time.sleep(60)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], pass_fds=(reading,), stdout=subprocess.PIPE, text=True
    )
    os.close(reading)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.close(writing)
    out, _ = process.communicate(timeout=50)
    return subprocess.CompletedProcess([], process.returncode, out)


def test_the_end_of_the_lifeline_ends_it_in_good_order() -> None:
    # The signal may come while "ready" is being printed: a handler must not print through the same buffer.
    body = 'signal.signal(signal.SIGUSR1, lambda *_: (os.write(1, b"rolled back\\n"), sys.exit(20)))'
    done = followed(body, grace=50)
    assert (done.returncode, done.stdout) == (20, "rolled back\n")


def test_one_that_does_not_end_ends_itself() -> None:
    done = followed("signal.signal(signal.SIGUSR1, signal.SIG_IGN)", grace=0.1)
    assert done.returncode == -9
