"""A game day's file: sound ones load, and everything that is wrong is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.chaos.gameday.loader import find_game_day, load_game_day
from seatrial.core.errors import UsageError
from tests.chaos.gameday.acting import HEAD, write

STEPS = '  steps: [{say: "hello"}]\n'


def refused(path: Path, **environ: str) -> str:
    with pytest.raises(UsageError) as caught:
        load_game_day(str(path), environ=environ)
    return str(caught.value)


def test_the_bundled_one_loads_by_name() -> None:
    loaded = load_game_day("provider-outage")
    assert loaded.name == "provider-outage"
    assert loaded.source == "provider-outage.gameday.yaml"
    assert loaded.digest.startswith("sha256:")
    assert {step.action for step in loaded.spec.steps} >= {"inject", "expect", "revert", "pause", "observe"}


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'provider-outage'"):
        find_game_day("provider-outrage")


def test_the_digest_changes_with_what_is_said_and_not_with_how(tmp_path: Path) -> None:
    one = load_game_day(str(write(tmp_path, STEPS))).digest
    assert load_game_day(str(write(tmp_path, f"  # a word\n{STEPS}"))).digest == one
    assert load_game_day(str(write(tmp_path, STEPS.replace("hello", "hullo")))).digest != one


def test_all_problems_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    text = refused(write(tmp_path, '  steps:\n    - {sya: "hi"}\n    - {wait: 3}\n  rolse: {}\n'))
    assert text.startswith("the game day has 4 problems")
    assert "drill.gameday.yaml:9 spec.steps[0].sya: unknown key 'sya', did you mean 'say'?" in text
    assert "drill.gameday.yaml:10 spec.steps[1].wait" in text
    assert "drill.gameday.yaml:11 spec.rolse: unknown key 'rolse', did you mean 'roles'?" in text


def test_one_problem_stands_where_it_is(tmp_path: Path) -> None:
    text = refused(write(tmp_path, '  steps: [{say: "a", wait: 1s}]\n'))
    assert "drill.gameday.yaml:8 spec.steps[0]: this step has say, wait: a step is exactly one action" in text


def test_no_yaml_and_no_file_are_usage(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("spec: [", "utf-8")
    assert "this is not YAML" in refused(bad)
    missing = refused(tmp_path / "none.yaml")
    assert "there is no such file" in missing
    assert "bundled: provider-outage" in missing


def test_a_secret_comes_from_the_environment_and_is_never_shown(tmp_path: Path) -> None:
    stage = '  target: {uri: "http://127.0.0.1:1/v1", apiKey: "${env:BOT_KEY}"}\n  traffic: {rate: 1}\n'
    path = write(tmp_path, STEPS, stage=stage)
    loaded = load_game_day(str(path), environ={"BOT_KEY": "sk-very-secret"})
    assert [secret.reveal() for secret in loaded.secrets] == ["sk-very-secret"]
    assert "sk-very-secret" not in repr(loaded.spec) + repr(loaded)
    other = load_game_day(str(path), environ={"BOT_KEY": "sk-another-one"})
    assert other.digest == loaded.digest
    assert "'BOT_KEY' is not set" in refused(path)


def test_the_environment_has_no_say_elsewhere(tmp_path: Path) -> None:
    text = refused(write(tmp_path, '  description: "${env:HOME}"\n' + STEPS))
    assert "may stand in apiKey and token alone" in text


def test_a_policy_beside_it_is_loaded(tmp_path: Path) -> None:
    policy = (
        "apiVersion: seatrial/v1alpha1\nkind: ReleasePolicy\nmetadata: {name: p}\nspec:\n"
        '  targets: [{name: bot, uri: "http://127.0.0.1:1/v1"}]\n'
        "  traffic: [{name: steady}]\n"
        '  dependencies: [{name: cache, listen: "127.0.0.1:0", upstream: "127.0.0.1:6379", protocol: tcp}]\n'
        "  suites: [contract]\n"
    )
    (tmp_path / "p.yaml").write_text(policy, "utf-8")
    steps = "  steps: [{inject: {on: cache, toxic: down}}]\n"
    path = tmp_path / "drill.gameday.yaml"
    path.write_text(HEAD + "  policy: p.yaml\n" + steps, "utf-8")
    loaded = load_game_day(str(path))
    assert loaded.policy is not None
    assert loaded.policy.name == "p"
    path.write_text(HEAD + "  policy: p.yaml\n  traffic: other\n" + steps, "utf-8")
    assert "unknown traffic 'other'" in refused(path)
