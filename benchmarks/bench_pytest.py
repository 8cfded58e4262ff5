"""What the plugin costs a pytest session that does not use it, against plain pytest in the same run.

Method: sessions with and without the plugin in turn, CPU seconds (user and system) of each child process as
the kernel counts them, the least of all rounds; and the modules an empty session has imported by its end.
All other plugins are off on both sides.

    python benchmarks/bench_pytest.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

EMPTY_LIMIT = 0.05  # CPU seconds added to an empty session
ITEM_LIMIT = 100e-6  # CPU seconds added per test item
MODULE_LIMIT = 25  # modules added to an empty session
ITEMS = 2000
PLUGIN = "seatrial.pytest.plugin"

Sides = Mapping[str, list[str]]
SIDES: Sides = {"plain": [], "seatrial": ["-p", PLUGIN]}
COUNT = "import sys\ndef pytest_unconfigure():\n    print('modules:', len(sys.modules))\n"


def run(folder: Path, arguments: list[str], *, capture: bool = False) -> tuple[float, str]:
    """CPU seconds of one pytest session in *folder*, and what it printed."""
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    process = subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.PIPE if capture else subprocess.DEVNULL, text=True
    )
    out = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 5):  # 5: no tests were collected
        raise SystemExit(f"{' '.join(command)} left with {process.returncode}\n{out}")
    return usage.ru_utime + usage.ru_stime, out


def least(folder: Path, rounds: int) -> dict[str, float]:
    """The least CPU of each side; the sides take turns, so that a slow minute hits both."""
    for arguments in SIDES.values():
        run(folder, arguments)
    best = dict.fromkeys(SIDES, float("inf"))
    for _ in range(rounds):
        for side, arguments in SIDES.items():
            best[side] = min(best[side], run(folder, arguments)[0])
    return best


def modules(folder: Path) -> dict[str, int]:
    """Modules that an empty session of each side has imported by its end."""
    (folder / "conftest.py").write_text(COUNT, "utf-8")
    printed = {side: run(folder, arguments, capture=True)[1] for side, arguments in SIDES.items()}
    return {side: int(text.rpartition("modules: ")[2].split()[0]) for side, text in printed.items()}


def judge(what: str, value: float, limit: float, told: str) -> bool:
    """Print one figure against its limit."""
    held = value <= limit
    print(f"{'✓' if held else '✕'} {what}: {told}")
    return held


def measure(root: Path, rounds: int) -> bool:
    """All figures; whether every one is within its limit."""
    empty, full, counted = root / "empty", root / "full", root / "counted"
    for folder in (empty, full, counted):
        folder.mkdir()
    (full / "test_many.py").write_text("".join(f"def test_{i}(): pass\n" for i in range(ITEMS)), "utf-8")
    bare = least(empty, rounds)
    many = least(full, max(3, rounds // 3))
    count = modules(counted)
    added = bare["seatrial"] - bare["plain"]
    item = (many["seatrial"] - many["plain"] - added) / ITEMS
    plain_item = (many["plain"] - bare["plain"]) / ITEMS
    more = count["seatrial"] - count["plain"]
    return all(
        [
            judge("empty session", added, EMPTY_LIMIT,
                  f"{bare['plain']:.3f} s plain, {added:+.3f} s CPU with the plugin (ratio "
                  f"{bare['seatrial'] / bare['plain']:.2f}, limit +{EMPTY_LIMIT:g} s)"),
            judge("one item", item, ITEM_LIMIT,
                  f"{plain_item * 1e6:.0f} µs plain, {item * 1e6:+.0f} µs CPU with the plugin (ratio "
                  f"{1 + item / plain_item:.2f}, limit +{ITEM_LIMIT * 1e6:g} µs)"),
            judge("modules", more, MODULE_LIMIT - 1,
                  f"{count['plain']} plain, {more:+d} with the plugin (ratio "
                  f"{count['seatrial'] / count['plain']:.2f}, limit < {MODULE_LIMIT})"),
        ]
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description="What the plugin costs a pytest session that does not use it."
    )
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        return 0 if measure(Path(folder), rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
