"""The statement that a certificate signs: an in-toto test result, built from the journal alone.

Statement and predicate are those of https://github.com/in-toto/attestation (spec v1, test-result v0.1);
whatever they have no field for stands under one key of our own, `EXTENSION`. Nothing is taken from the
machine or the clock, so that one journal and one key give one certificate, byte for byte.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from seatrial.certificate.envelope import seal, write_atomic
from seatrial.certificate.evidence import RESULTS, evidence_of, sides
from seatrial.certificate.keys import load_private
from seatrial.core.decision import decide
from seatrial.core.demands import unmet
from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.journal import Event, Journal, read_journal
from seatrial.core.outcome import Outcome, aggregate

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
EXTENSION = "urn:seatrial:certificate:1"
DEFAULT_VALIDITY = 30 * 86_400.0
_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")

Statement = dict[str, Any]


def issue(journal: Path, key: Path, out: Path) -> Path:
    """Sign what the journal shows.

    A rejected run gets a certificate as well, which says FAILED; a run that did not finish gets none.

    Args:
        journal: the ``journal.ndjson`` of a finished run.
        key: the private key, PEM.
        out: the certificate's file, written whole or not at all; an older one is replaced.

    Returns:
        *out*.

    Raises:
        UsageError: no usable key or journal, or a run that certifies nothing.
        HarnessError: the certificate cannot be written, or the journal was still being written.
    """
    signer = load_private(key)
    before = file_digest(journal)
    read = read_journal(journal)
    if file_digest(journal) != before:
        raise HarnessError("the journal was being written", where=str(journal), hint="wait for the run's end")
    try:
        statement = build(read, before)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"the journal is damaged: an event lacks or misspells a field ({error!r})",
            where=str(journal),
            hint="a certificate is made from the journal as the run wrote it",
        ) from error
    return write_atomic(out, seal(spell(statement), [signer]))


def build(journal: Journal, journal_digest: str) -> Statement:
    """The statement about one finished run.

    Args:
        journal: the run.
        journal_digest: ``sha256:…`` of the journal's file.

    Raises:
        UsageError: the run did not finish, had no policy, or its target was never fingerprinted.
    """
    run, end = _finished(journal)
    decision = decide(journal)
    # What the run itself came to may know more than its events tell, never less: the worse of the two counts.
    outcome = aggregate([decision.outcome, Outcome(end["outcome"])])
    reasons = list(dict.fromkeys([*decision.reasons, *end.get("reasons", ())]))
    targets = sides(journal)
    unsure = [reason for target in targets for reason in target.doubts] + unmet(journal.events)
    if unsure and outcome.green:
        outcome, reasons = Outcome.INCONCLUSIVE, [*unsure, *reasons]
    started, finished, expires = _times(journal, run, end)
    evidence = evidence_of(journal, outcome=outcome, reasons=reasons)
    evidence.update(issued=finished, started=started, finished=finished, expires=expires)
    return {
        "_type": STATEMENT,
        "subject": [target.subject() for target in targets] + _artifacts(run["policy"]),
        "predicateType": PREDICATE,
        "predicate": {
            "result": RESULTS.get(outcome, "FAILED"),
            "configuration": _configuration(journal, run, journal_digest),
            **_tests(journal),
            EXTENSION: evidence,
        },
    }


def spell(statement: Statement) -> bytes:
    """The bytes that are signed."""
    text = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.encode("ascii")


def file_digest(path: Path) -> str:
    """``sha256:…`` of a file.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UsageError(f"the file cannot be read ({error.strerror})", where=str(path)) from error


def _finished(journal: Journal) -> tuple[Event, Event]:
    run, end = journal.first("run"), journal.last("finish")
    if not journal.complete or end is None:
        raise UsageError(
            "the run did not finish: its journal has no end, so it certifies nothing",
            where=str(journal.path),
            hint="run it again and let it come to its end",
        )
    if run is None or not _SHA256.fullmatch(str((run.get("policy") or {}).get("digest"))):
        raise UsageError(
            "the run had no policy, so there is nothing it could certify",
            where=str(journal.path),
            hint="run it with --policy FILE",
        )
    if journal.first("fingerprint") is None:
        raise UsageError(
            "the target was never fingerprinted, so nobody could say what was certified",
            where=str(journal.path),
            hint="see why the target could not be reached: seatrial report",
        )
    return run, end


def _times(journal: Journal, run: Event, end: Event) -> tuple[str, str, str]:
    try:
        started = datetime.fromisoformat(journal.header["created"])
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError("the journal does not say when it began", where=f"{journal.path}:1") from error
    if started.tzinfo is None:
        raise UsageError("the journal's time has no zone", where=f"{journal.path}:1")
    validity = (run["policy"].get("validity") or {}).get("expires_after_seconds")
    finished = started + timedelta(seconds=end["t"])
    expires = finished + timedelta(seconds=DEFAULT_VALIDITY if validity is None else validity)
    return _iso(started), _iso(finished), _iso(expires)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _tests(journal: Journal) -> dict[str, list[str]]:
    """The three lists of the predicate. Whatever is not green stands among the failed; nothing is left out
    but what does not apply."""
    waived = {event.get("item") for event in journal.all("control") if event.get("waived")}
    collected = [item["id"] for event in journal.all("collected") for item in event["items"]]
    outcomes = dict.fromkeys(collected, Outcome.INCONCLUSIVE)
    outcomes.update((item["id"], Outcome(item["outcome"])) for item in journal.all("item"))
    lists: dict[str, list[str]] = {"passedTests": [], "warnedTests": [], "failedTests": []}
    for name, outcome in outcomes.items():
        if name in waived:
            outcome = Outcome.WARNED
        if outcome is not Outcome.NOT_APPLICABLE:
            lists[f"{RESULTS.get(outcome, 'FAILED').lower()}Tests"].append(name)
    return lists


def _configuration(journal: Journal, run: Event, journal_digest: str) -> list[Statement]:
    policy, version = run["policy"], journal.header.get("seatrial", "unknown")
    listed: list[Statement] = [
        _file(f"policy {policy.get('name')}", policy["digest"], "application/yaml"),
        _file(journal.path.name, journal_digest, "application/x-ndjson"),
        {"name": "seatrial", "uri": f"pkg:pypi/seatrial@{version}"},
    ]
    return listed + list(_prompts(journal.all("traffic")))


def _prompts(traffics: Iterable[Event]) -> Iterable[Statement]:
    sets = {event["prompts"]: event["prompts_digest"] for event in traffics if event.get("prompts_digest")}
    for name, digest in sets.items():
        yield _file(f"prompts {name}", digest, "application/jsonl")


def _file(name: str, digest: str, media_type: str) -> Statement:
    return {"name": name, "digest": _hex(digest), "mediaType": media_type}


def _artifacts(policy: Event) -> list[Statement]:
    """Artifacts that the policy names by digest (an image, a model's manifest), as further subjects."""
    effective: Event = policy.get("effective") or {}
    spec: Event = effective.get("spec", effective)
    return [
        {"name": f"{kind} of {target.get('name')}", "digest": _hex(value)}
        for target in spec.get("targets") or ()
        for kind, value in sorted((target.get("identity") or {}).items())
        if isinstance(value, str) and _SHA256.fullmatch(value)
    ]


def _hex(digest: str) -> dict[str, str]:
    match = _SHA256.fullmatch(digest)
    if match is None:
        raise UsageError(f"the journal holds {digest[:80]!r} where a sha256 digest belongs")
    return {"sha256": match[1]}
