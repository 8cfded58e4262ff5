"""A virtual environment for a system whose packages do not go together with ours; made once, then kept."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from seatrial.core.errors import HarnessError

CACHE = "SEATRIAL_CACHE"
"""Environment variable with the folder for what is kept; by default the user's cache."""
PATIENCE = 900.0
"""Seconds for an installation."""
DONE = "seatrial-installed"
TAIL_LINES = 12


def ensure_venv(name: str, packages: Sequence[str]) -> Path:
    """The folder of an environment that holds *packages*; it is made where there is none.

    Args:
        name: for people who look into the cache.
        packages: as pip takes them.

    Raises:
        HarnessError: it cannot be made here; with what the installer said last.
    """
    folder = venv_folder(name, packages)
    if (folder / DONE).is_file():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder.with_name(folder.name + ".lock")):
        if not (folder / DONE).is_file():
            shutil.rmtree(folder, ignore_errors=True)
            for command in _commands(folder, packages):
                _run(command, name)
            (folder / DONE).write_text("\n".join(packages) + "\n", encoding="utf-8")
    return folder


def venv_folder(name: str, packages: Sequence[str]) -> Path:
    """Where the environment is, or would be: another interpreter or other packages are another one."""
    version = ".".join(map(str, sys.version_info[:2]))
    digest = hashlib.sha256("\n".join([sys.base_prefix, *packages]).encode()).hexdigest()[:12]
    base = os.environ.get(CACHE) or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "seatrial" / "venvs" / f"{name}-py{version}-{digest}"


def _commands(folder: Path, packages: Sequence[str]) -> list[list[str]]:
    uv = shutil.which("uv")
    if uv:
        install = [uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python")]
        return [[uv, "venv", "--quiet", "--python", sys.executable, str(folder)], [*install, *packages]]
    python = str(folder / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return [[sys.executable, "-m", "venv", str(folder)], [*install, *packages]]


def _run(command: list[str], name: str) -> None:
    where = f"virtual environment of {name}"
    try:
        done = subprocess.run(  # noqa: S603  our own command
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HarnessError(f"it cannot be made: {error}", where=where) from error
    if done.returncode:
        said = "\n".join((done.stderr or done.stdout).splitlines()[-TAIL_LINES:])
        raise HarnessError(
            f"it cannot be made: {Path(command[0]).name} ended with code {done.returncode}",
            where=where,
            hint=f"it said last:\n{said}",
        )


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One at a time on this machine."""
    import fcntl

    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
