"""The checkpoint of a soak: a file that is whole at any moment, from which an interrupted soak goes on."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seatrial.core.errors import HarnessError, UsageError
from seatrial.load.soak.windows import Window

SCHEMA = "seatrial.soak/1"


@dataclass(frozen=True, slots=True)
class Terms:
    """What must be the same for a soak to go on.

    Attributes:
        policy: its digest.
        traffic, target: names.
        uri: the target's address; a policy allows none with credentials in it.
        duration, rate, checkpoints: as the soak was planned.
        seed: of all that is drawn.
    """

    policy: str
    traffic: str
    target: str
    uri: str
    duration: float
    rate: float
    checkpoints: int
    seed: int


@dataclass(slots=True)
class State:
    """Where a soak stands.

    Attributes:
        terms: what it was begun with.
        identity: digest of the target's fingerprint, where one was taken.
        sessions: how often it was begun or went on.
        windows: those that are closed.
        sent: requests up to the last checkpoint.
    """

    terms: Terms
    identity: str | None = None
    sessions: int = 1
    windows: list[Window] = field(default_factory=list)
    sent: int = 0

    @property
    def elapsed(self) -> float:
        """Seconds of sending up to the last checkpoint."""
        return self.windows[-1].end if self.windows else 0.0

    def save(self, path: Path) -> None:
        """Write it so that a reader finds the old file or the new one, and never a half.

        Raises:
            HarnessError: it cannot be written (disk full, no permission).
        """
        told: dict[str, Any] = {
            "schema": SCHEMA,
            **asdict(self.terms),
            "identity": self.identity,
            "sessions": self.sessions,
            "sent": self.sent,
            "windows": [window.to_dict() for window in self.windows],
        }
        fresh = path.with_name(f".{path.name}.new")
        try:
            fresh.write_text(json.dumps(told, separators=(",", ":")), "utf-8")
            os.replace(fresh, path)
        except OSError as error:
            raise HarnessError(
                f"the checkpoint cannot be written ({error.strerror})",
                where=str(path),
                hint="free some space; what was measured up to the last one goes on with --continue",
            ) from error

    @classmethod
    def load(cls, path: Path) -> State:
        """Read it.

        Raises:
            UsageError: there is none, or it is none of ours.
        """
        try:
            told = json.loads(path.read_text("utf-8"))
            if told.pop("schema") != SCHEMA:
                raise UsageError("this is not a checkpoint that this version can read", where=str(path))
            terms = Terms(**{name: told.pop(name) for name in Terms.__slots__})
            windows = [Window.from_dict(window) for window in told.pop("windows")]
            return cls(terms, windows=windows, **told)
        except OSError as error:
            raise UsageError(
                f"there is no checkpoint to go on from ({error.strerror})",
                where=str(path),
                hint="name the folder of an interrupted soak",
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"this is not a checkpoint of a soak ({error!r})", where=str(path)) from error

    def goes_on_with(self, terms: Terms, where: str) -> None:
        """Whether a soak on *terms* continues this one.

        Raises:
            UsageError: it would be another soak.
        """
        before, now = asdict(self.terms), asdict(terms)
        changed = [name for name in before if name != "seed" and before[name] != now[name]]
        if changed:
            was = ", ".join(f"{name} {before[name]}" for name in changed)
            raise UsageError(
                f"this would be another soak: the interrupted one had {was}",
                where=where,
                hint="begin a new one without --continue",
            )


def path_in(folder: Path, traffic: str) -> Path:
    """Where a run keeps the checkpoint of a traffic's soak."""
    return folder / f"soak-{traffic}.json"
