"""Verify a certificate offline: by whom it is signed, and what it says.

Every question has its own refusal (`Reason`). The order is that of trust: nothing of the payload is read
before its signature stands, and exactly the bytes that were verified are the bytes parsed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from seatrial.certificate.envelope import read_bounded, strict_json, unseal
from seatrial.certificate.keys import load_public
from seatrial.certificate.refusal import Reason, Refused
from seatrial.certificate.statement import EXTENSION, PREDICATE, STATEMENT, file_digest
from seatrial.core.errors import UsageError

_GREEN = ("PASSED", "WARNED")
_CLOCK_SKEW = timedelta(minutes=5)
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


@dataclass(frozen=True)
class Verification:
    """An accepted certificate, and what it certifies.

    Attributes:
        result: ``PASSED`` or ``WARNED``.
        targets: ``(name, uri, sha256)`` of each subject; uri is empty for artifacts.
        policy: the policy's name.
        policy_digest: ``sha256:…`` of the effective policy.
        run: the run's id.
        issued, expires: when the run ended, and until when the certificate holds.
        keyids: the keys that signed, each verified.
        reasons: what it warns of.
        waivers: the controls that were waived.
        checked: what was compared beside the signature and the dates: ``policy``, ``journal``, ``target``.
        statement: the whole in-toto statement.
    """

    path: Path
    result: str
    targets: tuple[tuple[str, str, str], ...]
    policy: str
    policy_digest: str
    run: str
    issued: datetime
    expires: datetime
    keyids: tuple[str, ...]
    reasons: tuple[str, ...]
    waivers: tuple[str, ...]
    checked: tuple[str, ...]
    statement: dict[str, Any]

    def __str__(self) -> str:
        lines = [f"certified: {self.result}"]
        for name, _, digest in self.targets:
            lines += [f"  target   {name}", f"           sha256:{digest}"]
        lines += [
            f"  policy   {self.policy} ({self.policy_digest})",
            f"  run      {self.run}, ended {_shown(self.issued)}",
            f"  until    {_shown(self.expires)}",
        ]
        lines += [f"  signed   by key {keyid}" for keyid in self.keyids]
        lines += [f"  warning  {reason}" for reason in self.reasons]
        lines += [f"  waived   {control}" for control in self.waivers]
        lines.append(f"  compared {', '.join(('signature', 'dates', *self.checked))}")
        return "\n".join(_harmless(line) for line in lines)


def verify(
    certificate: Path,
    *,
    keys: Path | Sequence[Path],
    now: datetime,
    policy: str | None = None,
    journal: Path | None = None,
    target_digest: str | None = None,
    threshold: int = 1,
) -> Verification:
    """Accept a certificate, or refuse it with the reason.

    Args:
        certificate: the file.
        keys: the public keys that are trusted, PEM; everyone who signed must be among them.
        now: the moment it must hold at, with its zone.
        policy: digest of the policy that the reader demands, ``sha256:…``.
        journal: the journal that it must have been made from.
        target_digest: fingerprint of the target that is in front of the reader, ``sha256:…``.
        threshold: how many of *keys* must have signed.

    Raises:
        Refused: it is not accepted; `Refused.reason` says why.
        UsageError: a file cannot be read, a key is no key, a digest is none, or *now* has no zone.
    """
    if now.tzinfo is None:
        raise UsageError(
            "the time to verify at has no zone", hint="use an aware datetime, in UTC for example"
        )
    trusted = [load_public(path) for path in ([keys] if isinstance(keys, Path) else keys)]
    data = read_bounded(certificate)
    try:
        opened = unseal(data, trusted, threshold=threshold)
        statement = _statement(opened.payload)
        found = _read(certificate, statement, opened.keyids)
        _require_green(statement)
        _require_now(found, now)
        checked = _compare(found, policy, journal, target_digest)
    except Refused as refusal:
        raise refusal.at(str(certificate)) from refusal.__cause__
    return replace(found, checked=checked)


def _statement(payload: bytes) -> dict[str, Any]:
    statement = strict_json(payload)
    if not isinstance(statement, dict) or statement.get("_type") != STATEMENT:
        raise Refused(Reason.NOT_A_STATEMENT, "what is signed is not an in-toto statement v1")
    if statement.get("predicateType") != PREDICATE:
        raise Refused(
            Reason.PREDICATE,
            f"the statement is of another kind ({str(statement.get('predicateType'))[:120]!r})",
            hint=f"a certificate is a {PREDICATE}",
        )
    predicate = statement.get("predicate")
    if not isinstance(predicate, dict) or not isinstance(predicate.get(EXTENSION), dict):
        raise Refused(Reason.PREDICATE, "the test result was not made by seatrial")
    return statement


def _read(path: Path, statement: dict[str, Any], keyids: tuple[str, ...]) -> Verification:
    predicate = statement["predicate"]
    evidence = predicate[EXTENSION]
    try:
        return Verification(
            path=path,
            result=str(predicate["result"]),
            targets=tuple(
                (str(subject["name"]), str(subject.get("uri", "")), str(subject["digest"]["sha256"]))
                for subject in statement["subject"]
            ),
            policy=str(evidence["policy"]["name"]),
            policy_digest=str(evidence["policy"]["digest"]),
            run=str(evidence["run"]),
            issued=_moment(evidence["issued"]),
            expires=_moment(evidence["expires"]),
            keyids=keyids,
            reasons=tuple(str(reason) for reason in evidence["reasons"]),
            waivers=tuple(
                f"{item['id']}: {item['title']}" for item in evidence["controls"] if item["waived"]
            ),
            checked=(),
            statement=statement,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(Reason.PREDICATE, f"the test result lacks or misspells a field ({error!r})") from error


def _require_green(statement: dict[str, Any]) -> None:
    predicate = statement["predicate"]
    evidence = predicate[EXTENSION]
    prints = evidence.get("fingerprints")
    if not isinstance(prints, list) or not prints:
        raise Refused(Reason.TARGET_CHANGED, "the target was not fingerprinted")
    doubtful = [entry for entry in prints if not (isinstance(entry, dict) and entry.get("same") is True)]
    if doubtful:
        raise Refused(
            Reason.TARGET_CHANGED,
            f"the target was not the same before and after the run{_changes(doubtful)}",
            hint="certify it again while nobody deploys",
        )
    if predicate["result"] not in _GREEN or evidence.get("outcome") != predicate["result"]:
        why = "; ".join(str(reason) for reason in evidence.get("reasons") or ())
        raise Refused(
            Reason.NOT_GREEN,
            _harmless(f"the run was not certified: {evidence.get('outcome')}{': ' + why if why else ''}"),
        )


def _changes(entries: list[Any]) -> str:
    listed = [entry.get("changed") for entry in entries if isinstance(entry, dict)]
    names = ", ".join(str(name) for changed in listed if isinstance(changed, list) for name in changed)
    return _harmless(f": {names}") if names else ""


def _require_now(found: Verification, now: datetime) -> None:
    if now + _CLOCK_SKEW < found.issued:
        raise Refused(
            Reason.NOT_YET_VALID,
            f"it was issued at {_shown(found.issued)}, which is still to come",
            hint="set this machine's clock",
        )
    if now >= found.expires:
        raise Refused(
            Reason.EXPIRED, f"it expired at {_shown(found.expires)}", hint="certify the system again"
        )


def _compare(
    found: Verification, policy: str | None, journal: Path | None, target_digest: str | None
) -> tuple[str, ...]:
    checked: list[str] = []
    if policy is not None:
        checked.append("policy")
        _require_policy(found, _hex(policy, "policy"))
    if journal is not None:
        checked.append("journal")
        _require_journal(found, journal)
    if target_digest is not None:
        checked.append("target")
        wanted = _hex(target_digest, "target")
        if wanted not in {digest for _, _, digest in found.targets}:
            raise Refused(
                Reason.OTHER_TARGET,
                f"it is about another target than sha256:{wanted[:16]}…",
                hint="the target was redeployed since, or this is the certificate of another one",
            )
    return tuple(checked)


def _require_policy(found: Verification, wanted: str) -> None:
    # In the configuration, which every in-toto consumer reads, and in ours: both must name it.
    configured = _configured(found, "application/yaml")
    if found.policy_digest != f"sha256:{wanted}" or configured != {wanted}:
        raise Refused(
            Reason.OTHER_POLICY,
            _harmless(f"it was issued under another policy, {found.policy!r} ({found.policy_digest[:23]}…)"),
            hint="name the policy it was issued under, or certify under this one",
        )


def _require_journal(found: Verification, journal: Path) -> None:
    if _configured(found, "application/x-ndjson") != {file_digest(journal).removeprefix("sha256:")}:
        raise Refused(
            Reason.OTHER_JOURNAL,
            f"it was not made from {journal}",
            hint="the journal was changed afterwards, or belongs to another run",
        )


def _configured(found: Verification, media_type: str) -> set[str]:
    entries = found.statement["predicate"].get("configuration")
    return {
        str((entry.get("digest") or {}).get("sha256"))
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and entry.get("mediaType") == media_type
    }


def _hex(digest: str, what: str) -> str:
    match = _DIGEST.fullmatch(digest)
    if match is None:
        raise UsageError(f"the digest of the {what} is not sha256: and 64 hexadecimal digits")
    return match[1]


def _moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text} has no zone")
    return moment


def _shown(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds")


def _harmless(line: str) -> str:
    """Names come from targets and policies: nothing in them may drive a terminal."""
    return _UNPRINTABLE.sub("�", line)
