from __future__ import annotations

from pathlib import Path

from seatrial.systems.reference.endpoints.keeping import SLOW_RESTART
from tests.systems.reference.asgi import no_pauses, run
from tests.systems.reference.state.keeping import keeper


def pauses(folder: Path, *defects: str) -> list[float]:
    async def main() -> list[float]:
        with no_pauses() as seen:
            async with keeper(folder, *defects):
                return list(seen)

    found: list[float] = run(main)
    return found


def test_a_start_after_a_crash_is_as_quick_as_the_first(tmp_path: Path) -> None:
    assert SLOW_RESTART not in pauses(tmp_path)
    assert SLOW_RESTART not in pauses(tmp_path)


def test_the_defect_is_slow_on_the_second_start_only(tmp_path: Path) -> None:
    assert SLOW_RESTART not in pauses(tmp_path, "slow-restart")
    assert SLOW_RESTART in pauses(tmp_path, "slow-restart")
