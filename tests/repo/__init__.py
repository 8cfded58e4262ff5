"""Tests about the repository itself: packaging, arrows, words, documents."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent
_IGNORED = [line.strip().strip("/") for line in (PROJECT / ".gitignore").read_text("utf-8").splitlines()]


def files_of_the_project(folder: str = ".") -> list[Path]:
    """Every file of *folder* that git does not ignore; needs no git, an unpacked sdist will do."""
    found: list[Path] = []
    for parent, folders, names in os.walk(PROJECT / folder):
        folders[:] = [name for name in folders if name != ".git" and not _ignored(name)]
        found += [Path(parent, name) for name in names if not _ignored(name)]
    return sorted(found)


def _ignored(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in _IGNORED if pattern)
