from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from seatrial.certificate.envelope import PAYLOAD_TYPE, cosign, seal
from seatrial.certificate.keys import KeyPair, load_private, load_public
from seatrial.certificate.refusal import Reason, Refused
from seatrial.certificate.statement import EXTENSION, issue, spell
from seatrial.certificate.verify import verify
from seatrial.core.errors import UsageError
from tests.certificate import FACTS, POLICY, Event, events, taken, write

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
OTHER = "sha256:" + "00" * 32


@pytest.fixture
def certificate(journal: Path, pair: KeyPair, tmp_path: Path) -> Path:
    return issue(journal, pair.private, tmp_path / "certificate.intoto.json")


def refused(path: Path, *keys: KeyPair, now: datetime = NOW, **how: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        verify(path, keys=[key.public for key in keys], now=now, **how)
    assert caught.value.where == str(path)
    assert caught.value.exit_code == 1
    return caught.value


def signed(tmp_path: Path, pair: KeyPair, change: Callable[[list[Event]], None], **how: Any) -> Path:
    happened = events(**how)
    change(happened)
    return issue(write(tmp_path / "changed.ndjson", happened), pair.private, tmp_path / "changed.json")


def forged(certificate: Path, pair: KeyPair, change: Callable[[dict[str, Any]], Any]) -> Path:
    """A statement that was changed and signed again by a trusted key."""
    statement = json.loads(base64.b64decode(json.loads(certificate.read_bytes())["payload"]))
    replaced = change(statement)
    payload = replaced if isinstance(replaced, bytes) else spell(statement)
    path = certificate.with_name("forged.json")
    path.write_bytes(seal(payload, [load_private(pair.private)]))
    return path


class TestAccepted:
    def test_what_is_certified(self, certificate: Path, pair: KeyPair, journal: Path) -> None:
        target = taken("before", 0)["digest"]
        found = verify(
            certificate, keys=pair.public, now=NOW, policy=POLICY, journal=journal, target_digest=target
        )
        assert found.result == "PASSED"
        assert found.policy == "support-bot"
        assert found.policy_digest == POLICY
        assert found.run == "r-1"
        assert found.issued == datetime(2026, 11, 20, 14, 1, tzinfo=UTC)
        assert found.expires == datetime(2026, 11, 21, 14, 1, tzinfo=UTC)
        assert found.keyids == (pair.keyid,)
        assert found.targets == (("bot@http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1", target[7:]),)
        assert found.checked == ("policy", "journal", "target")

    def test_the_text_says_who_what_when_and_until_when(self, certificate: Path, pair: KeyPair) -> None:
        text = str(verify(certificate, keys=pair.public, now=NOW))
        for part in (
            "bot@http",
            "support-bot",
            POLICY,
            "2026-11-20 14:01:00",
            "2026-11-21 14:01:00",
            pair.keyid,
        ):
            assert part in text
        assert "compared signature, dates\n" in text + "\n"

    def test_a_digest_without_its_prefix(self, certificate: Path, pair: KeyPair) -> None:
        assert verify(certificate, keys=pair.public, now=NOW, policy=POLICY.removeprefix("sha256:"))

    def test_warnings_are_told(self, tmp_path: Path, pair: KeyPair) -> None:
        def warn(happened: list[Event]) -> None:
            control = {"event": "control", "t": 1.0, "checklist": "l", "id": "c-1", "title": "Rehearsed"}
            happened.insert(-2, control | {"outcome": "FAILED", "waived": True, "waiver": {}, "item": "x"})

        found = verify(signed(tmp_path, pair, warn, outcome="WARNED"), keys=pair.public, now=NOW)
        assert found.result == "WARNED"
        assert found.waivers == ("c-1: Rehearsed",)
        assert "waived   c-1: Rehearsed" in str(found)
        assert "warning  " in str(found)

    def test_the_last_second_and_another_zone(self, certificate: Path, pair: KeyPair) -> None:
        last = datetime(2026, 11, 21, 14, 0, 59, tzinfo=UTC)
        assert verify(certificate, keys=pair.public, now=last)
        assert verify(certificate, keys=pair.public, now=last.astimezone(timezone(timedelta(hours=9))))

    def test_two_signatures(self, certificate: Path, pair: KeyPair, other: KeyPair) -> None:
        cosign(certificate, load_private(other.private), [load_public(pair.public)])
        found = verify(certificate, keys=[pair.public, other.public], now=NOW, threshold=2)
        assert found.keyids == (pair.keyid, other.keyid)

    def test_names_cannot_drive_a_terminal(self, tmp_path: Path, pair: KeyPair) -> None:
        def hostile(happened: list[Event]) -> None:
            happened[1]["policy"]["name"] = "x\x1b[2J\nsigned   by key 0\u202e"

        text = str(verify(signed(tmp_path, pair, hostile), keys=pair.public, now=NOW))
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert not any(line.startswith("signed") for line in text.splitlines())


class TestRefused:
    def test_one_byte_changed_anywhere(self, certificate: Path, pair: KeyPair) -> None:
        data = certificate.read_bytes()
        copy = certificate.with_name("copy.json")
        for position in range(len(data)):
            changed = bytearray(data)
            changed[position] ^= 1 << position % 8
            copy.write_bytes(changed)
            with pytest.raises(Refused):
                verify(copy, keys=pair.public, now=NOW)

    def test_another_key(self, certificate: Path, other: KeyPair) -> None:
        assert refused(certificate, other).reason is Reason.WRONG_KEY

    def test_a_bad_signature(self, certificate: Path, pair: KeyPair) -> None:
        fields = json.loads(certificate.read_bytes())
        fields["payload"] = base64.b64encode(base64.b64decode(fields["payload"])[:-1] + b" ").decode()
        certificate.write_text(json.dumps(fields, separators=(",", ":")) + "\n")
        assert refused(certificate, pair).reason is Reason.BAD_SIGNATURE

    def test_too_few_signatures(self, certificate: Path, pair: KeyPair, other: KeyPair) -> None:
        assert refused(certificate, pair, other, threshold=2).reason is Reason.TOO_FEW_SIGNATURES

    def test_another_payload_type(self, certificate: Path, pair: KeyPair) -> None:
        certificate.write_bytes(certificate.read_bytes().replace(PAYLOAD_TYPE.encode(), b"text/plain"))
        assert refused(certificate, pair).reason is Reason.PAYLOAD_TYPE

    @pytest.mark.parametrize("content", [b"", b"<html></html>", b"{}"])
    def test_no_certificate_at_all(self, certificate: Path, pair: KeyPair, content: bytes) -> None:
        certificate.write_bytes(content)
        assert refused(certificate, pair).reason is Reason.MALFORMED

    def test_a_file_that_is_too_large(self, certificate: Path, pair: KeyPair) -> None:
        with certificate.open("ab") as file:
            file.truncate(2 * 1024**3)
        assert refused(certificate, pair).reason is Reason.TOO_LARGE

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda found: b"[]", Reason.NOT_A_STATEMENT),
            (lambda found: b"nonsense", Reason.MALFORMED),
            (lambda found: spell(found).replace(b'"_type"', b'"_type":1,"_type"', 1), Reason.MALFORMED),
            (lambda found: found.update(_type="https://in-toto.io/Statement/v0.1"), Reason.NOT_A_STATEMENT),
            (lambda found: found.update(predicateType="https://slsa.dev/provenance/v1"), Reason.PREDICATE),
            (lambda found: found.update(predicate=[]), Reason.PREDICATE),
            (lambda found: found["predicate"].pop(EXTENSION), Reason.PREDICATE),
            (lambda found: found["predicate"].pop("result"), Reason.PREDICATE),
            (lambda found: found.update(subject=[{"name": "x"}]), Reason.PREDICATE),
            (lambda found: found["predicate"][EXTENSION].update(expires="never"), Reason.PREDICATE),
            (
                lambda found: found["predicate"][EXTENSION].update(expires="2027-01-01T00:00:00"),
                Reason.PREDICATE,
            ),
            (lambda found: found["predicate"][EXTENSION].update(controls=7), Reason.PREDICATE),
            (lambda found: found["predicate"][EXTENSION].update(policy=None), Reason.PREDICATE),
            (lambda found: found["predicate"].update(result="SUPER"), Reason.NOT_GREEN),
            (lambda found: found["predicate"][EXTENSION].update(outcome="FAILED"), Reason.NOT_GREEN),
            (lambda found: found["predicate"][EXTENSION].update(fingerprints=[]), Reason.TARGET_CHANGED),
            (lambda found: found["predicate"][EXTENSION].update(fingerprints=[None]), Reason.TARGET_CHANGED),
        ],
    )
    def test_a_signed_document_of_another_kind(
        self, certificate: Path, pair: KeyPair, change: Callable[[Any], Any], reason: Reason
    ) -> None:
        assert refused(forged(certificate, pair, change), pair).reason is reason

    def test_another_policy(self, certificate: Path, pair: KeyPair) -> None:
        refusal = refused(certificate, pair, policy=OTHER)
        assert refusal.reason is Reason.OTHER_POLICY
        assert "support-bot" in refusal.what

    def test_a_policy_digest_that_two_places_tell_differently(self, certificate: Path, pair: KeyPair) -> None:
        def change(found: dict[str, Any]) -> None:
            found["predicate"][EXTENSION]["policy"]["digest"] = OTHER

        path = forged(certificate, pair, change)
        for policy in (POLICY, OTHER):
            assert refused(path, pair, policy=policy).reason is Reason.OTHER_POLICY

    @pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(days=400)])
    def test_expired(self, certificate: Path, pair: KeyPair, late: timedelta) -> None:
        refusal = refused(certificate, pair, now=datetime(2026, 11, 21, 14, 1, tzinfo=UTC) + late)
        assert refusal.reason is Reason.EXPIRED

    def test_issued_in_the_future(self, certificate: Path, pair: KeyPair) -> None:
        assert refused(certificate, pair, now=NOW - timedelta(days=2)).reason is Reason.NOT_YET_VALID

    @pytest.mark.parametrize("outcome", ["FAILED", "INCONCLUSIVE", "ERROR"])
    def test_a_run_that_was_not_certified(self, tmp_path: Path, pair: KeyPair, outcome: str) -> None:
        refusal = refused(signed(tmp_path, pair, lambda happened: None, outcome=outcome), pair)
        assert refusal.reason is Reason.NOT_GREEN
        assert outcome in refusal.what

    def test_a_target_that_changed(self, tmp_path: Path, pair: KeyPair) -> None:
        def change(happened: list[Event]) -> None:
            happened[-2] = taken("after", 40.0, FACTS | {"reported_models": ["new"]})

        refusal = refused(signed(tmp_path, pair, change), pair)
        assert refusal.reason is Reason.TARGET_CHANGED
        assert "reported_models" in refusal.what

    def test_another_target(self, certificate: Path, pair: KeyPair) -> None:
        assert refused(certificate, pair, target_digest=OTHER).reason is Reason.OTHER_TARGET

    def test_another_journal(self, certificate: Path, pair: KeyPair, journal: Path) -> None:
        journal.write_bytes(journal.read_bytes().replace(b'"n": 3200', b'"n": 3201'))
        assert refused(certificate, pair, journal=journal).reason is Reason.OTHER_JOURNAL


class TestAsked:
    def test_files_that_are_not_there(self, certificate: Path, pair: KeyPair, tmp_path: Path) -> None:
        none = tmp_path / "none"
        with pytest.raises(UsageError, match="cannot be read"):
            verify(none, keys=pair.public, now=NOW)
        with pytest.raises(UsageError, match="key file cannot be read"):
            verify(certificate, keys=none, now=NOW)
        with pytest.raises(UsageError, match="cannot be read"):
            verify(certificate, keys=pair.public, now=NOW, journal=none)

    def test_a_private_key_is_not_wanted(self, certificate: Path, pair: KeyPair) -> None:
        with pytest.raises(UsageError, match="private key"):
            verify(certificate, keys=pair.private, now=NOW)

    def test_no_key(self, certificate: Path) -> None:
        with pytest.raises(UsageError, match="different keys are given"):
            verify(certificate, keys=[], now=NOW)

    @pytest.mark.parametrize("digest", ["", "policy.yaml", "sha256:12", "md5:" + "0" * 64])
    def test_what_is_no_digest(self, certificate: Path, pair: KeyPair, digest: str) -> None:
        with pytest.raises(UsageError, match="64 hexadecimal digits"):
            verify(certificate, keys=pair.public, now=NOW, policy=digest)
        with pytest.raises(UsageError, match="64 hexadecimal digits"):
            verify(certificate, keys=pair.public, now=NOW, target_digest=digest)

    def test_a_time_without_a_zone(self, certificate: Path, pair: KeyPair) -> None:
        with pytest.raises(UsageError, match="zone"):
            verify(certificate, keys=pair.public, now=datetime(2026, 11, 20, 15, 0))
