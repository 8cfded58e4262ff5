"""Why a signed document is not accepted: one reason each, so that a script can tell them apart."""

from __future__ import annotations

from enum import StrEnum

from seatrial.core.errors import SeatrialError


class Reason(StrEnum):
    """The reasons to refuse a certificate or an attestation."""

    TOO_LARGE = "too-large"
    MALFORMED = "malformed"
    PAYLOAD_TYPE = "payload-type"
    WRONG_KEY = "wrong-key"
    BAD_SIGNATURE = "bad-signature"
    TOO_FEW_SIGNATURES = "too-few-signatures"
    NOT_A_STATEMENT = "not-a-statement"
    PREDICATE = "predicate"
    TARGET_CHANGED = "target-changed"
    NOT_GREEN = "not-green"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    OTHER_POLICY = "other-policy"
    OTHER_JOURNAL = "other-journal"
    OTHER_TARGET = "other-target"
    EVIDENCE = "evidence"


class Refused(SeatrialError):
    """A signed document that is not accepted.

    Args:
        reason: why, for programs.
        what: why, for people.
        where: the file.
        hint: what to do next.
    """

    exit_code = 1

    def __init__(
        self, reason: Reason, what: str, *, where: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.reason = reason

    def at(self, where: str) -> Refused:
        """The same refusal, naming the file."""
        return Refused(self.reason, self.what, where=where, hint=self.hint)
