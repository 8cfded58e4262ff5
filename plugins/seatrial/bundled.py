"""Where the data that ship with seatrial lie: in the wheel and in a checkout alike."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from seatrial.core.errors import HarnessError

Kind = Literal["suites", "scenarios", "fixtures", "reports"]
_PACKAGE = Path(__file__).parent


def bundled(kind: Kind) -> Path:
    """The folder of bundled data of one kind.

    Args:
        kind: which of the four data folders.

    Raises:
        HarnessError: the installation lacks the folder.
    """
    places = (_PACKAGE / "_bundled" / kind, _PACKAGE.parent.parent / kind)
    for place in places:
        if place.is_dir():
            return place
    raise HarnessError(
        f"the bundled {kind} are missing: neither {places[0]} nor {places[1]} is there",
        hint="reinstall seatrial",
    )
