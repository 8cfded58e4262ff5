"""One side of a comparison: what a run's journal holds, ready to be put beside another's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatrial.core.decision import decide
from seatrial.core.errors import UsageError
from seatrial.core.journal import Event, Journal, read_journal
from seatrial.core.log import Bools, Log
from seatrial.core.objective import Objective
from seatrial.core.outcome import Outcome
from seatrial.core.units import parse_money
from seatrial.load.dataset import journalled

_HIDDEN = frozenset({"time_per_output_chunk"})
"""Indicators that need what a journal does not keep of each exchange: the gaps between chunks."""


@dataclass(frozen=True)
class Sent:
    """The exchanges of one traffic.

    Attributes:
        log: in send order.
        prompts: the prompt of each, -1 where the journal does not tell.
        digest: of the prompt set.
        target: whom it went to.
    """

    log: Log
    prompts: NDArray[np.int64]
    digest: str | None
    target: str | None

    @property
    def paired(self) -> bool:
        """Whether every exchange can be put beside one of another run."""
        return self.digest is not None and len(self.prompts) > 0 and bool((self.prompts >= 0).all())


@dataclass(frozen=True)
class Side:
    """A run.

    Attributes:
        run: its id.
        policy: digest of its policy.
        outcome: what it came to.
        complete: whether it came to its end.
        verdicts: objective and verdict by the objective's name, the last word on each.
        traffics: what was sent, by traffic.
    """

    path: Path
    run: str
    created: str
    policy: str
    name: str
    outcome: Outcome
    complete: bool
    targets: Mapping[str, str]
    verdicts: Mapping[str, tuple[Event, Event]]
    traffics: Mapping[str, Sent]
    spec: Event = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, path: Path) -> Side:
        """Read the run in *path*: its folder, or its journal.

        Raises:
            UsageError: there is none, or it is no journal of a run.
        """
        file = path / "journal.ndjson" if path.is_dir() else path
        journal = read_journal(file)
        opened = journal.first("run")
        policy = (opened or {}).get("policy")
        if not isinstance(policy, dict) or "digest" not in policy:
            raise UsageError("this journal tells of no run under a policy", where=str(file))
        effective = policy.get("effective") or {}
        return cls(
            file,
            str(journal.header.get("run") or file),
            str(journal.header.get("created") or ""),
            str(policy["digest"]),
            str(policy.get("name") or ""),
            decide(journal).outcome,
            journal.complete,
            {event["target"]: str(event.get("uri") or "") for event in journal.all("fingerprint")},
            {
                event["objective"]["name"]: (event["objective"], event["verdict"])
                for event in journal.all("verdict")
            },
            dict(_traffics(journal)),
            effective.get("spec") or effective,
        )

    def about(self) -> dict[str, Any]:
        """Which run it is, JSON-ready."""
        return {
            "run": self.run,
            "created": self.created,
            "policy": self.name,
            "digest": self.policy,
            "outcome": self.outcome.value,
            "targets": dict(self.targets),
        }

    def bad(self, name: str) -> tuple[Bools, Bools] | None:
        """Which exchanges of its traffic are bad for the objective called *name*, and which count.

        None where the journal does not keep what it takes, or keeps other exchanges than were judged.
        """
        told, verdict = self.verdicts[name]
        sent = self.traffics.get(str(told.get("traffic")))
        if sent is None or told.get("events", "requests") != "requests" or told["indicator"] in _HIDDEN:
            return None
        try:
            objective = Objective(
                indicator=told["indicator"],
                target=told["target"],
                op=told.get("op"),
                value=told.get("value"),
                missing=self._missing(name),
            )
        except UsageError:  # an indicator of a plugin that is not here
            return None
        if objective.sli.composed:
            return None
        bad, _, counts = objective.bad(sent.log, 0, len(sent.log))
        n, among = verdict.get("n") or 0, bad[counts]
        if n > len(among) or int(among[:n].sum()) != verdict.get("bad"):
            return None
        return bad, counts

    def _missing(self, name: str) -> str:
        specs = self.spec.get("objectives") or ()
        return next((each.get("missing") or "bad" for each in specs if each.get("name") == name), "bad")

    def prices(self, target: str | None) -> tuple[float, float] | None:
        """US dollars a token, in and out, None where the policy has no prices."""
        for each in self.spec.get("targets") or ():
            if each.get("prices") and target in (None, each.get("name")):
                told = [parse_money(each["prices"][side]) for side in ("input", "output")]
                return told[0].amount / 1e6, told[1].amount / 1e6
        return None


def _traffics(journal: Journal) -> Iterator[tuple[str, Sent]]:
    opened = {event["name"]: event for event in journal.all("traffic") if not event.get("audit")}
    for name, told in opened.items():
        log, prompts = Log(), []
        for exchange in journalled(journal, name):
            log.append(exchange)
            prompts.append(exchange.prompt)
        if len(log):
            column = np.asarray(prompts, np.int64)
            # What a trace asks depends on its own lengths and on the seed, not on the set of prompts alone.
            digest = (told.get("trace") or {}).get("asked") or told.get("prompts_digest")
            yield name, Sent(log, column, digest, told.get("target"))
