"""Tests about the repository itself: packaging, arrows, words, documents."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent
_MADE = {"__pycache__", "dist", "runs", "build"}


def files_of_the_project(folder: str = ".") -> list[Path]:
    """Every file of *folder* that was not made by a tool here; needs no git, an unpacked sdist will do."""
    found: list[Path] = []
    for parent, folders, names in os.walk(PROJECT / folder):
        folders[:] = [
            name for name in folders if name not in _MADE and (not name.startswith(".") or name == ".ci")
        ]
        found += [Path(parent, name) for name in names if not name.endswith((".pyc", ".coverage"))]
    return sorted(found)
