"""What a game day's parts say together: each contradiction is told where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.chaos.gameday.loader import load_game_day
from seatrial.core.errors import UsageError
from tests.chaos.gameday.acting import STAGE, write

SIGNALS = "  signals: [{name: pager, webhook: {}}]\n"
INJECT = "    - {name: cut, inject: {on: primary, toxic: down}}\n"

WRONG = {
    "unknown dependency": ("  steps: [{inject: {on: primry, toxic: down}}]\n", "did you mean 'primary'"),
    "unknown fault": ("  steps: [{inject: {on: primary, toxic: latencyy}}]\n", "unknown fault 'latencyy'"),
    "unknown attribute": (
        "  steps: [{inject: {on: primary, toxic: http.status, attributes: {statsu: 500}}}]\n",
        "no attribute 'statsu'",
    ),
    "revert of nothing": ("  steps: [{revert: cut}]\n", "nothing called 'cut' was injected before"),
    "signal unknown": (
        f"{SIGNALS}  steps:\n{INJECT}    - {{expect: {{signal: pagr, within: 1s}}}}\n",
        "unknown signal 'pagr', did you mean 'pager'",
    ),
    "expect before any fault": (
        f"{SIGNALS}  steps: [{{expect: {{signal: pager, within: 1s}}}}]\n",
        "no fault comes before this expect",
    ),
    "rto before any fault": ("  steps: [{checkpoint: {rto: 5s}}]\n", "no fault comes before this checkpoint"),
    "since a later step": (
        f"{SIGNALS}  steps:\n    - {{expect: {{signal: pager, within: 1s, since: cut}}}}\n{INJECT}",
        "unknown earlier step 'cut'",
    ),
    "two steps of one name": (f"  steps:\n{INJECT}{INJECT}", "the step's name 'cut' is taken"),
    "a step called all": ('  steps: [{name: all, say: "x"}]\n', "the step's name 'all' is taken"),
    "one name for two things": (
        "  signals: [{name: primary, webhook: {}}]\n  steps: [{wait: 1s}]\n",
        "the name 'primary' is taken by one of the dependencies",
    ),
    "role unknown": (
        "  roles: {operator: Bo}\n  steps: [{wait: 1s, role: operatr}]\n",
        "did you mean 'operator'",
    ),
    "scenario without a policy": ("  steps: [{run: dies}]\n", "unknown scenario 'dies'"),
    "stop on an unknown signal": (
        "  stopConditions: [{signal: pager}]\n  steps: [{wait: 1s}]\n",
        "unknown signal 'pager'",
    ),
    "checkpoint without a limit": ("  steps: [{checkpoint: {consecutive: 3}}]\n", "one limit"),
    "fault by role": ("  steps: [{inject: {role: provider, toxic: down}}]\n", "by its name"),
    "placeholder of nothing": (
        '  signals: [{name: s, metric: {url: "{gatway.root}/metrics", name: up}}]\n  steps: [{wait: 1s}]\n',
        "unknown name 'gatway'",
    ),
    "placeholder without that fact": (
        '  signals: [{name: s, metric: {url: "{primary.uri}/metrics", name: up}}]\n  steps: [{wait: 1s}]\n',
        "primary has no 'uri'",
    ),
    "error budget of nothing": (
        "  objectives: [{indicator: availability, target: 100%}]\n  steps: [{wait: 1s}]\n",
        "always spent",
    ),
    "prometheus asked twice": (
        '  signals: [{name: s, prometheus: {url: "http://127.0.0.1:9", query: up, alert: Up}}]\n'
        "  steps: [{wait: 1s}]\n",
        "one thing",
    ),
    "two sources": (
        '  signals: [{name: s, webhook: {}, metric: {url: "http://127.0.0.1:9", name: up}}]\n'
        "  steps: [{wait: 1s}]\n",
        "one source",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, case: str) -> None:
    text, said = WRONG[case]
    with pytest.raises(UsageError) as caught:
        load_game_day(str(write(tmp_path, text)))
    assert said in str(caught.value)
    assert "drill.gameday.yaml:" in str(caught.value)


RIGHT = {
    "a whole script": (
        f"{SIGNALS}  steps:\n{INJECT}"
        "    - {expect: {signal: pager, within: 1s}}\n    - {checkpoint: {rto: 5s}}\n"
        "    - {revert: cut, name: back}\n    - {expect: {signal: pager, state: quiet, within: 1s}}\n"
        "    - {checkpoint: {rto: 5s, since: back}}\n    - {revert: all}\n"
    ),
    "an AI fault with conditions": (
        "  steps:\n    - inject: {on: primary, toxic: http.status, attributes: {status: 429},"
        " when: {first: 3}}\n"
    ),
    "an address of a webhook": (
        '  systems: [{name: gateway, recipe: reference, arguments: ["--alert", "{pager.url}"]}]\n'
        f"{SIGNALS}  steps: [{{wait: 1s}}]\n"
    ),
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_is_right_loads(tmp_path: Path, case: str) -> None:
    assert load_game_day(str(write(tmp_path, RIGHT[case]))).spec.steps


def test_an_upstream_must_be_an_address(tmp_path: Path) -> None:
    stage = STAGE.replace("127.0.0.1:9001", "nowhere")
    with pytest.raises(UsageError, match="is no address"):
        load_game_day(str(write(tmp_path, "  steps: [{wait: 1s}]\n", stage=stage)))


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("  traffic: {rate: 1}\n", "the game day has no target"),
        ('  target: {uri: "http://127.0.0.1:1/v1"}\n', "the game day has no traffic"),
        ("  target: {system: gateway}\n  traffic: {rate: 1}\n", "unknown system 'gateway'"),
        ("  target: bot\n  traffic: {rate: 1}\n", "unknown target 'bot'"),
        (
            '  target: {uri: "http://127.0.0.1:1/v1"}\n  traffic: {prompts: bundled/chat-shrt}\n',
            "there are no prompts 'bundled/chat-shrt'",
        ),
    ],
)
def test_there_must_be_somebody_to_hurt(tmp_path: Path, stage: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        load_game_day(str(write(tmp_path, "  steps: [{wait: 1s}]\n", stage=stage)))
