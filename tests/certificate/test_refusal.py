from __future__ import annotations

from seatrial.certificate.refusal import Reason, Refused


def test_a_refusal_is_a_rejection_with_a_reason_for_programs() -> None:
    refused = Refused(Reason.EXPIRED, "it expired", hint="certify again")
    assert refused.exit_code == 1
    assert refused.reason == "expired"
    assert str(refused.at("c.json")) == "c.json: it expired\n  certify again"
    assert refused.at("c.json").reason is Reason.EXPIRED
