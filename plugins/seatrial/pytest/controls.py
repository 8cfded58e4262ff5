"""What the controls of a policy's checklists are judged with: attestations, waivers, modes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from seatrial.compliance import waiver as waivers
from seatrial.compliance.attestation import Attestation, read_all
from seatrial.compliance.checklist import find, load
from seatrial.compliance.judge import Judgement, items_of, judge
from seatrial.core.control import Control, Demand
from seatrial.core.errors import UsageError
from seatrial.policy.governance import WaiverSpec
from seatrial.policy.loader import LoadedPolicy


@dataclass(frozen=True)
class Controls:
    """The controls' side of a policy.

    Attributes:
        demands: file of each checklist that the policy names → which of its controls it demands.
        attestations: all that were found.
        waivers: by control.
        scope: the policy's name.
    """

    demands: dict[Path, Demand]
    attestations: tuple[Attestation, ...]
    waivers: dict[str, WaiverSpec]
    scope: str

    @classmethod
    def of(cls, loaded: LoadedPolicy) -> Controls:
        """What *loaded* names.

        Raises:
            UsageError: a checklist, folder or key that is not there or not readable; a waiver for nothing.
        """
        spec = loaded.spec
        demands: dict[Path, Demand] = {}
        known: list[Control] = []
        for number, ref in enumerate(spec.checklists):
            path = find(ref.name, loaded.origin("spec", "checklists", number).folder or loaded.path.parent)
            demands[path.resolve()] = ref.mode
            known += load(path).controls
        return cls(demands, _attestations(loaded), waivers.by_control(spec.waivers, known), loaded.name)

    def judge(self, control: Control, events: Iterable[dict[str, Any]]) -> Judgement:
        """What *control* comes to, on the events of the journal up to now."""
        return judge(
            control,
            items_of(events),
            now=datetime.now(UTC),
            attestations=self.attestations,
            waiver=self.waivers.get(control.id),
            scope=self.scope,
        )


def _attestations(loaded: LoadedPolicy) -> tuple[Attestation, ...]:
    spec = loaded.spec.attestations
    if spec is None:
        return ()
    folder = loaded.file("spec", "attestations", "folder")
    keys = [loaded.file("spec", "attestations", "keys", number) for number in range(len(spec.keys))]
    if folder is None or None in keys:
        raise UsageError(
            "attestations need a folder and keys", where=str(loaded.origin("spec", "attestations"))
        )
    return read_all(folder, [key for key in keys if key is not None])
