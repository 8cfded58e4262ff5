from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from seatrial.certificate.envelope import seal
from seatrial.certificate.keys import KeyPair, load_private
from seatrial.certificate.refusal import Reason, Refused
from seatrial.certificate.statement import spell
from seatrial.certificate.verify import verify
from seatrial.compliance.attestation import attest, read, read_all
from seatrial.core.errors import HarnessError, UsageError

ISSUED = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
EXPIRES = datetime(2027, 5, 1, tzinfo=UTC)


@pytest.fixture
def runbook(tmp_path: Path) -> Path:
    path = tmp_path / "docs" / "runbook.md"
    path.parent.mkdir()
    path.write_text("1. Take the release back.")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "attestations"
    path.mkdir()
    return path


def made(folder: Path, key: KeyPair, **how: Any) -> Path:
    said = {"signer": "A. B., release manager", "issued": ISSUED, "expires": EXPIRES, "folder": folder} | how
    return attest(
        said.pop("control_id", "rdy-pre-11"), said.pop("statement", "Rehearsed."), key=key.private, **said
    )


def forged(path: Path, key: KeyPair, change: Callable[[dict[str, Any]], Any]) -> Path:
    whole = json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))
    change(whole)
    path.write_bytes(seal(spell(whole), [load_private(key.private)]))
    return path


def test_an_attestation_comes_back_as_it_was_made(folder: Path, manager: KeyPair, runbook: Path) -> None:
    path = made(folder, manager, evidence=[runbook], scope="support-bot")
    found = read(path, [manager.public])
    assert path.name == "rdy-pre-11.20261120T140000Z.attestation.json"
    assert found.control_id == "rdy-pre-11"
    assert found.statement == "Rehearsed."
    assert found.signer == "A. B., release manager"
    assert (found.issued, found.expires) == (ISSUED, EXPIRES)
    assert found.scope == "support-bot"
    assert found.keyids == (manager.keyid,)
    assert found.files[0][0] == "../docs/runbook.md"
    assert found.problem is None
    assert found.to_dict()["files"][0]["name"] == "../docs/runbook.md"
    assert json.dumps(found.to_dict())


def test_it_is_signed_by_someone_who_is_believed(folder: Path, manager: KeyPair, stranger: KeyPair) -> None:
    path = made(folder, stranger)
    with pytest.raises(Refused) as caught:
        read(path, [manager.public])
    assert caught.value.reason is Reason.WRONG_KEY
    assert caught.value.where == str(path)
    assert read(path, [manager.public, stranger.public]).keyids == (stranger.keyid,)


def test_every_byte_counts(folder: Path, manager: KeyPair) -> None:
    path = made(folder, manager)
    data = path.read_bytes()
    for position in range(0, len(data), 7):
        changed = bytearray(data)
        changed[position] ^= 1
        path.write_bytes(changed)
        with pytest.raises(Refused):
            read(path, [manager.public])


def test_evidence_that_was_changed_or_lost_voids_it(folder: Path, manager: KeyPair, runbook: Path) -> None:
    path = made(folder, manager, evidence=[runbook])
    runbook.write_text("1. Do nothing.")
    with pytest.raises(Refused, match="was changed since") as caught:
        read(path, [manager.public])
    assert caught.value.reason is Reason.EVIDENCE
    runbook.unlink()
    with pytest.raises(Refused, match="is gone"):
        read(path, [manager.public])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda whole: whole.update(_type="x"), Reason.NOT_A_STATEMENT),
        (lambda whole: whole.update(predicateType="x"), Reason.PREDICATE),
        (lambda whole: whole["predicate"].update(controlId="other"), Reason.PREDICATE),
        (lambda whole: whole["predicate"].update(statement=""), Reason.PREDICATE),
        (lambda whole: whole["predicate"].pop("signer"), Reason.PREDICATE),
        (lambda whole: whole["predicate"].update(expires="2027-05-01T00:00:00"), Reason.PREDICATE),
        (lambda whole: whole["predicate"].update(issued=7), Reason.PREDICATE),
        (lambda whole: whole.update(subject=[]), Reason.PREDICATE),
        (lambda whole: whole["subject"].append({"name": "x"}), Reason.PREDICATE),
    ],
)
def test_a_signed_document_of_another_kind(
    folder: Path, manager: KeyPair, change: Callable[[Any], Any], reason: Reason
) -> None:
    path = forged(made(folder, manager), manager, change)
    with pytest.raises(Refused) as caught:
        read(path, [manager.public])
    assert caught.value.reason is reason


def test_an_attestation_is_no_certificate(folder: Path, manager: KeyPair) -> None:
    with pytest.raises(Refused) as caught:
        verify(made(folder, manager), keys=manager.public, now=ISSUED)
    assert caught.value.reason is Reason.PREDICATE


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"control_id": ""}, "not the id of a control"),
        ({"control_id": "../escape"}, "not the id of a control"),
        ({"control_id": "a/b"}, "not the id of a control"),
        ({"control_id": "a..b"}, "not the id of a control"),
        ({"statement": " \n"}, "without a statement"),
        ({"signer": ""}, "without a signer"),
        ({"expires": ISSUED}, "before it begins"),
        ({"issued": datetime(2026, 1, 1)}, "zone"),
        ({"evidence": [Path("none.md")]}, "cannot be read"),
    ],
)
def test_what_cannot_be_attested(folder: Path, manager: KeyPair, how: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        made(folder, manager, **how)
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path: Path, manager: KeyPair) -> None:
    with pytest.raises(HarnessError, match="cannot be written"):
        made(tmp_path / "none", manager)
    with pytest.raises(UsageError, match="cannot be read"):
        read_all(tmp_path / "none", [manager.public])


def test_all_of_a_folder_good_and_bad(folder: Path, manager: KeyPair, stranger: KeyPair) -> None:
    made(folder, manager)
    made(folder, stranger, control_id="rdy-dep-01")
    (folder / f"rdy-dep-02.1{'.attestation.json'}").write_text("nonsense")
    (folder / "README.md").write_text("not an attestation")
    found = {
        attestation.control_id: attestation.problem for attestation in read_all(folder, [manager.public])
    }
    assert list(found) == ["rdy-dep-01", "rdy-dep-02", "rdy-pre-11"]
    assert found["rdy-pre-11"] is None
    assert "a key that was not given" in str(found["rdy-dep-01"])
    assert "not strict JSON" in str(found["rdy-dep-02"])


def test_a_key_that_is_not_there_is_not_an_empty_folder(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="key file cannot be read"):
        read_all(folder, [tmp_path / "none.pub"])
