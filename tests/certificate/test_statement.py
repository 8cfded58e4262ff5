from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.certificate.envelope import unseal
from seatrial.certificate.keys import KeyPair, load_public
from seatrial.certificate.statement import EXTENSION, build, issue
from seatrial.core.errors import HarnessError, UsageError
from seatrial.core.journal import read_journal
from tests.certificate import (
    AVAILABILITY,
    FACTS,
    POLICY,
    PROMPTS,
    SHAPE,
    TOOLS,
    Event,
    events,
    item,
    taken,
    write,
)

Change = Callable[[list[Event]], None]
JOURNAL = "sha256:" + "ef" * 32


def built(tmp_path: Path, change: Change = lambda happened: None, **how: Any) -> dict[str, Any]:
    happened = events(**how)
    change(happened)
    return build(read_journal(write(tmp_path / "journal.ndjson", happened)), JOURNAL)


def the(happened: list[Event], kind: str, nth: int = 0) -> Event:
    return [event for event in happened if event["event"] == kind][nth]


def test_a_certified_run(tmp_path: Path) -> None:
    statement = built(tmp_path)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    predicate = statement["predicate"]
    assert predicate["result"] == "PASSED"
    assert predicate["passedTests"] == [AVAILABILITY, SHAPE]
    assert predicate["warnedTests"] == predicate["failedTests"] == []
    (subject,) = statement["subject"]
    assert subject["name"] == "bot@http://127.0.0.1:8000/v1"
    assert "sha256:" + subject["digest"]["sha256"] == taken("before", 0)["digest"]


def test_the_configuration_names_policy_journal_prompts_and_seatrial(tmp_path: Path) -> None:
    configuration = built(tmp_path)["predicate"]["configuration"]
    named = {entry["name"]: entry.get("digest", {}).get("sha256") for entry in configuration}
    assert named == {
        "policy support-bot": POLICY.removeprefix("sha256:"),
        "journal.ndjson": JOURNAL.removeprefix("sha256:"),
        "seatrial": None,
        "prompts bundled/chat-short": PROMPTS.removeprefix("sha256:"),
    }
    assert {"name": "seatrial", "uri": "pkg:pypi/seatrial@0.1.0"} in configuration


def test_the_numbers_stand_under_one_key_of_our_own(tmp_path: Path) -> None:
    evidence = built(tmp_path)["predicate"][EXTENSION]
    (objective,) = evidence["objectives"]
    assert objective | {"reason": "", "method": "", "dependence": ""} == {
        "metric": "availability",
        "comparator": None,
        "threshold": None,
        "passed": True,
        "sampleSize": 3200,
        "name": "availability",
        "statement": "≥ 99 %",
        "unit": "",
        "target": 0.99,
        "keySli": True,
        "outcome": "PASSED",
        "reason": "",
        "estimate": 0.001,
        "lower": 0.0,
        "bound": 0.0093,
        "limit": 0.01,
        "bad": 3,
        "confidence": 0.95,
        "power": 0.9,
        "method": "",
        "designEffect": 9.0,
        "dependence": "",
        "item": AVAILABILITY,
    }
    assert objective["dependence"] == "bursts of at most 5 requests (declared)"
    assert evidence["run"] == "r-1"
    assert evidence["seed"] == 7
    assert evidence["started"] == "2026-11-20T14:00:00Z"
    assert evidence["finished"] == "2026-11-20T14:01:00Z"
    assert evidence["expires"] == "2026-11-21T14:01:00Z"
    assert evidence["notApplicable"] == [TOOLS]
    assert evidence["environment"]["python"] == "3.11.2"
    (prints,) = evidence["fingerprints"]
    assert prints["same"] is True
    assert prints["before"]["facts"] == prints["after"]["facts"] == FACTS


@pytest.mark.parametrize(
    ("outcome", "result", "listed"),
    [
        ("WARNED", "WARNED", "warnedTests"),
        ("FAILED", "FAILED", "failedTests"),
        ("INCONCLUSIVE", "FAILED", "failedTests"),
        ("ERROR", "FAILED", "failedTests"),
    ],
)
def test_what_is_not_green_is_failed_to_in_toto(
    tmp_path: Path, outcome: str, result: str, listed: str
) -> None:
    predicate = built(tmp_path, outcome=outcome)["predicate"]
    assert predicate["result"] == result
    assert AVAILABILITY in predicate[listed]
    assert predicate[EXTENSION]["outcome"] == outcome
    assert predicate["passedTests"] == [SHAPE]
    if outcome == "INCONCLUSIVE":
        assert predicate[EXTENSION]["notProven"] == [{"id": AVAILABILITY, "reason": "proven"}]


def test_the_worse_of_the_runs_own_end_and_its_events_counts(tmp_path: Path) -> None:
    def lie(happened: list[Event]) -> None:
        the(happened, "finish").update(outcome="PASSED")

    def worse(happened: list[Event]) -> None:
        the(happened, "finish").update(outcome="ERROR", reasons=["the disk was full"])

    assert built(tmp_path, lie, outcome="FAILED")["predicate"]["result"] == "FAILED"
    evidence = built(tmp_path, worse)["predicate"][EXTENSION]
    assert evidence["outcome"] == "ERROR"
    assert evidence["reasons"] == ["the disk was full"]


def test_a_check_that_was_collected_and_not_run_is_failed(tmp_path: Path) -> None:
    def skip(happened: list[Event]) -> None:
        happened.remove(the(happened, "item", 1))

    predicate = built(tmp_path, skip)["predicate"]
    assert predicate["failedTests"] == [SHAPE]
    assert predicate["result"] == "FAILED"


def test_a_repeated_check_counts_by_its_last_run(tmp_path: Path) -> None:
    def again(happened: list[Event]) -> None:
        happened.insert(-2, item(SHAPE, "FAILED"))

    assert built(tmp_path, again)["predicate"]["failedTests"] == [SHAPE]


def test_a_waived_control_is_warned_and_keeps_its_own_outcome(tmp_path: Path) -> None:
    waiver = {"control_id": "rdy-pre-03", "justification": "new scanner", "approver": "A"}

    def waive(happened: list[Event]) -> None:
        the(happened, "collected")["items"].append({"id": "list::rdy-pre-03"})
        control = {"event": "control", "t": 9.0, "checklist": "production-readiness", "id": "rdy-pre-03"}
        control |= {"title": "Security", "outcome": "INCONCLUSIVE", "waived": True, "waiver": waiver}
        happened.insert(-2, control | {"item": "list::rdy-pre-03"})
        happened.insert(-2, item("list::rdy-pre-03", "WARNED"))

    predicate = built(tmp_path, waive)["predicate"]
    assert predicate["result"] == "WARNED"
    assert predicate["warnedTests"] == ["list::rdy-pre-03"]
    evidence = predicate[EXTENSION]
    assert evidence["waivers"] == [waiver]
    assert evidence["controls"][0]["outcome"] == "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("facts", "changed"),
    [
        (FACTS | {"reported_models": ["other"]}, "reported_models"),
        (FACTS | {"headers": {"server": ["gateway/2"]}}, "headers.server"),
    ],
)
def test_a_target_that_changed_is_never_certified(tmp_path: Path, facts: Event, changed: str) -> None:
    def change(happened: list[Event]) -> None:
        happened[-2] = taken("after", 40.0, facts)

    predicate = built(tmp_path, change)["predicate"]
    assert predicate["result"] == "FAILED"
    assert predicate[EXTENSION]["fingerprints"][0]["changed"] == [changed]
    assert predicate[EXTENSION]["fingerprints"][0]["same"] is False


@pytest.mark.parametrize("side", [2, -2])
def test_a_target_fingerprinted_on_one_side_only(tmp_path: Path, side: int) -> None:
    predicate = built(tmp_path, lambda happened: happened.remove(happened[side]))["predicate"]
    assert predicate["result"] == "FAILED"
    assert predicate[EXTENSION]["outcome"] == "INCONCLUSIVE"


def test_a_target_that_was_silent_on_both_sides(tmp_path: Path) -> None:
    silent = FACTS | {"answered": False, "reported_models": []}

    def change(happened: list[Event]) -> None:
        happened[2], happened[-2] = taken("before", 0.5, silent), taken("after", 40.0, silent)

    predicate = built(tmp_path, change)["predicate"]
    assert predicate["result"] == "FAILED"
    assert any("gave no answer" in reason for reason in predicate[EXTENSION]["reasons"])


def test_facts_that_do_not_fit_their_digest(tmp_path: Path) -> None:
    def change(happened: list[Event]) -> None:
        happened[2]["facts"] = happened[-2]["facts"] = FACTS | {"version": {"version": "9"}}

    assert built(tmp_path, change)["predicate"]["result"] == "FAILED"


def test_the_first_before_counts_so_that_a_late_sample_hides_no_change(tmp_path: Path) -> None:
    new = FACTS | {"reported_models": ["new"]}

    def change(happened: list[Event]) -> None:
        happened.insert(-2, taken("before", 39.0, new))
        happened[-2] = taken("after", 40.0, new)

    predicate = built(tmp_path, change)["predicate"]
    assert predicate["result"] == "FAILED"


@pytest.mark.parametrize(
    "demand",
    [
        lambda policy: policy["effective"]["spec"].update(objectives=[{"name": "latency-p95"}]),
        lambda policy: policy["effective"]["spec"].update(suites=["sla", "contract"]),
        lambda policy: policy.update(checklists=[{"name": "production-readiness", "mode": "automated"}]),
    ],
)
def test_a_part_of_a_policy_certifies_nothing_about_the_whole(tmp_path: Path, demand: Any) -> None:
    predicate = built(tmp_path, lambda happened: demand(the(happened, "run")["policy"]))["predicate"]
    assert predicate["result"] == "FAILED"
    assert predicate[EXTENSION]["outcome"] == "INCONCLUSIVE"
    assert "the policy demands" in predicate[EXTENSION]["reasons"][0]


def test_artifacts_that_the_policy_names_are_subjects_too(tmp_path: Path) -> None:
    image = "sha256:" + "12" * 32

    def name(happened: list[Event]) -> None:
        spec = the(happened, "run")["policy"]["effective"]["spec"]
        spec["targets"] = [{"name": "bot", "identity": {"image": image, "model": "small"}}]

    subjects = built(tmp_path, name)["subject"]
    assert subjects[1] == {"name": "image of bot", "digest": {"sha256": image[7:]}}


def test_without_a_validity_it_holds_for_thirty_days(tmp_path: Path) -> None:
    evidence = built(tmp_path, lambda happened: the(happened, "run")["policy"].pop("validity"))
    assert evidence["predicate"][EXTENSION]["expires"] == "2026-12-20T14:01:00Z"


class TestIssue:
    def test_it_is_signed_and_readable_by_others(self, journal: Path, pair: KeyPair, tmp_path: Path) -> None:
        path = issue(journal, pair.private, tmp_path / "certificate.intoto.json")
        statement = json.loads(unseal(path.read_bytes(), [load_public(pair.public)]).payload)
        digest = hashlib.sha256(journal.read_bytes()).hexdigest()
        assert digest in [
            entry.get("digest", {}).get("sha256") for entry in statement["predicate"]["configuration"]
        ]

    def test_one_journal_and_one_key_give_one_certificate(
        self, journal: Path, pair: KeyPair, tmp_path: Path
    ) -> None:
        first = issue(journal, pair.private, tmp_path / "a").read_bytes()
        assert issue(journal, pair.private, tmp_path / "b").read_bytes() == first

    def test_a_rejected_run_gets_one_that_says_so(self, pair: KeyPair, tmp_path: Path) -> None:
        journal = write(tmp_path / "journal.ndjson", events(outcome="FAILED"))
        data = issue(journal, pair.private, tmp_path / "c").read_bytes()
        payload = json.loads(unseal(data, [load_public(pair.public)]).payload)
        assert payload["predicate"]["result"] == "FAILED"

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (lambda happened: happened.pop(), "did not finish"),
            (lambda happened: happened.remove(the(happened, "run")), "had no policy"),
            (lambda happened: the(happened, "run")["policy"].pop("digest"), "had no policy"),
            (lambda happened: the(happened, "run").update(policy=None), "had no policy"),
            (lambda happened: (happened.pop(2), happened.pop(-2)), "never fingerprinted"),
            (lambda happened: happened[0].pop("created"), "when it began"),
            (lambda happened: happened[0].update(created="soon"), "when it began"),
            (lambda happened: happened[0].update(created="2026-11-20T14:00:00"), "no zone"),
            (lambda happened: the(happened, "item").pop("id"), "damaged"),
            (lambda happened: the(happened, "item").update(outcome="SUPER"), "damaged"),
            (lambda happened: the(happened, "verdict").pop("verdict"), "damaged"),
            (lambda happened: the(happened, "fingerprint").update(digest="md5:1"), "no sha256 digest"),
            (lambda happened: the(happened, "traffic").update(prompts_digest="x"), "sha256 digest belongs"),
        ],
    )
    def test_a_run_that_certifies_nothing_gets_none(
        self, pair: KeyPair, tmp_path: Path, change: Change, said: str
    ) -> None:
        happened = events()
        change(happened)
        out = tmp_path / "c"
        with pytest.raises(UsageError, match=said):
            issue(write(tmp_path / "journal.ndjson", happened), pair.private, out)
        assert not out.exists()

    def test_a_torn_journal_gets_none(self, journal: Path, pair: KeyPair, tmp_path: Path) -> None:
        journal.write_bytes(journal.read_bytes()[:-1])
        with pytest.raises(UsageError):
            issue(journal, pair.private, tmp_path / "c")

    def test_a_journal_that_grows_meanwhile_gets_none(
        self, journal: Path, pair: KeyPair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def grow(path: Path) -> Any:
            read = read_journal(path)
            path.write_bytes(path.read_bytes() + b'{"event":"item"}\n')
            return read

        monkeypatch.setattr("seatrial.certificate.statement.read_journal", grow)
        with pytest.raises(HarnessError, match="was being written"):
            issue(journal, pair.private, tmp_path / "c")

    def test_without_a_key_or_a_journal(self, journal: Path, pair: KeyPair, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="key file cannot be read"):
            issue(journal, tmp_path / "none", tmp_path / "c")
        with pytest.raises(UsageError, match="cannot be read"):
            issue(tmp_path / "none", pair.private, tmp_path / "c")

    def test_a_folder_that_is_not_there(self, journal: Path, pair: KeyPair, tmp_path: Path) -> None:
        with pytest.raises(HarnessError, match="cannot be written"):
            issue(journal, pair.private, tmp_path / "none" / "c")

    def test_no_private_key_in_the_certificate(self, journal: Path, pair: KeyPair, tmp_path: Path) -> None:
        secret = pair.private.read_text().splitlines()[1]
        assert secret[-20:] not in issue(journal, pair.private, tmp_path / "c").read_text()
