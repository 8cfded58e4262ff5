"""Small systems for the tests of the runner: what a recipe may have to start and to get rid of."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from pathlib import Path

from seatrial.systems.recipe import Recipe

SERVE = """
import http.server, os, signal, subprocess, sys, time
port, folder = int(sys.argv[1]), sys.argv[2]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(status())
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass
def status():
    return 200
def serve():
    print("serving", flush=True)
    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
def child(code):
    started = subprocess.Popen([sys.executable, "-c", code])
    with open(folder + "/children", "a") as file:
        file.write(f"{started.pid}\\n")
"""


def recipe(script: str, *, timeout: str = "20s", grace: str = "2s", python: str = "{python}") -> Recipe:
    """A recipe whose system is a Python script; `SERVE` stands before it."""
    return Recipe.model_validate(
        {
            "name": "tiny",
            "description": "a tiny system",
            "command": [python, "-c", SERVE + textwrap.dedent(script), "{port}", "{folder}"],
            "ready": {"url": "http://127.0.0.1:{port}/", "timeout": timeout},
            "stop": {"grace": grace},
            "provides": {"protocol": "http-json", "uri": "http://127.0.0.1:{port}"},
        }
    )


def children(folder: Path) -> list[int]:
    """The processes that a tiny system has started."""
    return [int(line) for line in (folder / "children").read_text().split()]


def alive(pid: int) -> bool:
    """Whether a process exists and is not a mere zombie."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(*pids: int, patience: float = 15.0) -> bool:
    """Whether all processes are gone, or go within the patience."""
    deadline = time.monotonic() + patience
    while any(map(alive, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
