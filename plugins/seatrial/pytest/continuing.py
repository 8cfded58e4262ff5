"""``--trial-continue JOURNAL``: a retry goes on with the evidence of the run before it.

Whoever runs a trial anew until it is green has not shown anything: each fresh try has its own chance of a
false pass. A continued one is the same test, looked at later.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from seatrial.certificate.fingerprint import diff
from seatrial.core.errors import UsageError
from seatrial.core.journal import Journal, read_journal
from seatrial.load.resumed import Part, parts_of


class Goes(Protocol):
    """A traffic that can go on with what an earlier run measured."""

    name: str

    def resume(self, parts: Sequence[Part]) -> None:
        """Begin where an earlier run on the same target stopped."""


class Earlier:
    """The run that is continued.

    Args:
        path: its journal; one that was killed serves as well, what it measured it measured.
        policy: digest of the policy of now.

    Raises:
        UsageError: it cannot be read, was a trial by another policy, or lost some of its evidence.
    """

    def __init__(self, path: Path, policy: str) -> None:
        self.path = path
        self._journal: Journal = read_journal(path)
        run = self._journal.first("run") or {}
        told = (run.get("policy") or {}).get("digest")
        if told != policy:
            raise UsageError(
                f"the run to continue was by another policy ({told}, now {policy})",
                where=str(path),
                hint="evidence counts for the policy that was fixed before it; begin a fresh run",
            )
        lost = self._journal.last("lost")
        if lost is not None:
            raise UsageError(
                f"the run to continue lost some of what it sent ({lost['what']})",
                where=str(path),
                hint="what is left may be the better part of it; begin a fresh run",
            )

    @property
    def run(self) -> str:
        """The run's id."""
        return str(self._journal.header.get("run"))

    def same_target(self, name: str, facts: dict[str, Any]) -> None:
        """Refuse a target that is no longer the one that was tried.

        Raises:
            UsageError: it changed, or was never identified.
        """
        taken = [event for event in self._journal.all("fingerprint") if event["target"] == name]
        if not taken:
            raise UsageError(f"the run to continue never identified {name}", where=str(self.path))
        changed = diff(taken[-1]["facts"], facts)
        if changed:
            raise UsageError(
                f"{name} is no longer the target of the run to continue: {', '.join(changed)} changed",
                where=str(self.path),
                hint="a changed target needs fresh evidence; begin a fresh run",
            )

    def hand_on(self, traffic: Goes, locust: str | None = None) -> None:
        """Give a traffic what the earlier run measured on it.

        Args:
            locust: digest of the locustfile whose users send it, None where our own engine does.

        Raises:
            UsageError: it was sent by others then.
        """
        for event in self._journal.all("traffic"):
            then = event.get("locust") or {}
            if event["name"] == traffic.name and then.get("digest") != locust:
                who = f"the locustfile {then.get('file')} as it was" if then else "our own engine"
                raise UsageError(
                    f"in the run to continue {traffic.name!r} was sent by {who}, and now it is not",
                    where=str(self.path),
                    hint="continue it as it was begun, or begin a fresh run",
                )
        traffic.resume(tuple(parts_of(self._journal, traffic.name)))
