"""`seatrial verify` and `seatrial report`, on one small run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.certificate.keys import keygen
from tests.cli.conftest import Seatrial


@pytest.fixture
def run(seatrial: Seatrial, policy: Callable[..., Path], home: Path) -> Path:
    """The folder of a certified run."""
    done = seatrial("certify", "--policy", policy(), "--out", home / "run")
    assert done.exit_code == 0, done.output
    return home / "run"


def test_a_certificate_is_accepted_as_it_is_and_in_no_other_way(
    seatrial: Seatrial, run: Path, home: Path
) -> None:
    certificate, key, policy = run / "certificate.intoto.json", run / "seatrial.pub", home / "policy.yaml"
    good = ("verify", certificate, "--policy", policy, "--key", key)
    assert seatrial(*good).exit_code == 0
    assert seatrial(*good, "--journal", run / "journal.ndjson").exit_code == 0
    other = keygen(home / "other.key").public
    journal = run / "journal.ndjson"
    journal.write_text(journal.read_text("utf-8").replace("small", "large", 1), "utf-8")
    for words, told in [
        (("verify", certificate, "--policy", "demo", "--key", key), "another policy"),
        (("verify", certificate, "--policy", policy, "--key", other), "key"),
        ((*good, "--key", other, "--threshold", 2), "must have signed"),
        ((*good, "--journal", journal), "not made from"),
        ((*good, "--target-digest", "sha256:" + "0" * 64), "another target"),
    ]:
        refused = seatrial(*words)
        assert refused.exit_code == 1, (words, refused.output)
        assert told in refused.stderr
    whole = certificate.read_bytes()
    for place in range(0, len(whole), len(whole) // 7):
        certificate.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert seatrial(*good).exit_code == 1, place


def test_what_is_missing_is_usage(seatrial: Seatrial, home: Path) -> None:
    (home / "c.json").write_text("{}", "utf-8")
    pair = keygen(home / "k.key")
    for words in [
        ("verify", "c.json", "--policy", "demo"),
        ("verify", "c.json", "--key", pair.public),
        ("verify", "nowhere.json", "--policy", "demo", "--key", pair.public),
        ("verify", "c.json", "--policy", "demo", "--key", "nowhere.pub"),
        ("verify", "c.json", "--policy", "demo", "--key", pair.private),
        ("verify", "c.json", "--policy", "nowhere.yaml", "--key", pair.public),
    ]:
        assert seatrial(*words).exit_code == 3, words
    assert seatrial("verify", "c.json", "--policy", "demo", "--key", pair.public).exit_code == 1


def test_reports_are_written_again_from_the_journal(seatrial: Seatrial, run: Path, home: Path) -> None:
    (run / "report.html").unlink()
    done = seatrial("report", run)
    assert done.exit_code == 0, done.output
    assert (run / "report.html").read_text("utf-8").startswith("<!")
    elsewhere = seatrial("report", run / "journal.ndjson", "--out", home / "again")
    assert elsewhere.exit_code == 0
    assert {path.name for path in (home / "again").iterdir()} == {"report.html", "junit.xml", "summary.md"}
    assert len(elsewhere.output.splitlines()) == 3


@pytest.mark.parametrize("content", [None, "", "not a journal\n", '{"event":"journal","schema":"other/9"}\n'])
def test_what_is_no_journal_is_usage(seatrial: Seatrial, home: Path, content: str | None) -> None:
    if content is not None:
        (home / "journal.ndjson").write_text(content, "utf-8")
    done = seatrial("report", home / "journal.ndjson")
    assert done.exit_code == 3
    assert done.stderr.startswith("error: ")
