"""`seatrial attest`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from seatrial.certificate.keys import KeyPair, keygen
from seatrial.compliance.attestation import read
from tests.cli.conftest import Seatrial

SAID = ("--statement", "Rolled back on Tuesday", "--signer", "R. Roe, on call")


@pytest.fixture
def pair(home: Path) -> KeyPair:
    return keygen(home / "roe.key")


def test_signs_a_statement_with_evidence_and_an_end(seatrial: Seatrial, pair: KeyPair, home: Path) -> None:
    (home / "log.txt").write_text("rolled back", "utf-8")
    done = seatrial(
        "attest",
        "rdy-pre-07",
        *SAID,
        "--key",
        pair.private,
        "--expires",
        "30d",
        "--evidence",
        home / "log.txt",
    )
    assert done.exit_code == 0, done.output
    found = read(home / done.output.strip(), [pair.public])
    assert (found.control_id, found.signer, found.scope) == ("rdy-pre-07", "R. Roe, on call", None)
    assert found.expires - found.issued == timedelta(days=30)
    assert [name for name, _ in found.files] == ["log.txt"]


def test_a_day_ends_at_its_last_moment(seatrial: Seatrial, pair: KeyPair, home: Path) -> None:
    day = datetime.now(UTC).date() + timedelta(days=3)
    done = seatrial("attest", "rdy-pre-07", *SAID, "--key", pair.private, "--expires", day)
    assert read(home / done.output.strip(), [pair.public]).expires.isoformat() == f"{day}T23:59:59+00:00"


def test_goes_where_the_policy_looks_for_it(
    seatrial: Seatrial, pair: KeyPair, home: Path, policy: Callable[..., Path]
) -> None:
    file = policy("http://127.0.0.1:9/v1")
    with file.open("a", encoding="utf-8") as text:
        text.write("  attestations: {folder: said, keys: [roe.pub]}\n")
    done = seatrial("attest", "rdy-pre-07", *SAID, "--key", pair.private, "--policy", file)
    assert done.exit_code == 0, done.output
    path = Path(done.output.strip())
    assert path.parent == home / "said"
    assert read(path, [pair.public]).scope == "small"


@pytest.mark.parametrize(
    "words",
    [
        ("rdy pre", *SAID),
        ("rdy-pre-07", "--statement", " ", "--signer", "R. Roe"),
        ("rdy-pre-07", *SAID, "--expires", "2020-01-01"),
        ("rdy-pre-07", *SAID, "--expires", "2026-13-45"),
        ("rdy-pre-07", *SAID, "--expires", "soon"),
        ("rdy-pre-07", *SAID, "--evidence", "nowhere.txt"),
    ],
)
def test_what_says_nothing_is_refused(
    seatrial: Seatrial, pair: KeyPair, home: Path, words: tuple[str, ...]
) -> None:
    done = seatrial("attest", *words, "--key", pair.private)
    assert done.exit_code == 3
    assert done.stderr.startswith("error: ")
    assert not list(home.glob("*.attestation.json"))


def test_a_missing_key_is_usage(seatrial: Seatrial) -> None:
    assert seatrial("attest", "rdy-pre-07", *SAID, "--key", "nowhere.key").exit_code == 3
