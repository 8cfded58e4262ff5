"""`seatrial init`."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.cli.init import policy_text
from seatrial.cli.probe import Endpoint
from seatrial.policy.loader import load_policy
from seatrial.systems.runner import System
from tests.cli.conftest import Seatrial


def test_writes_a_policy_that_loads(
    seatrial: Seatrial, reference: System, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_BOT_KEY", reference.api_key or "")
    done = seatrial("init", reference.uri, "--api-key-env", "TEST_BOT_KEY", "--name", "my-bot")
    assert done.exit_code == 0, done.output
    text = (home / "policy.yaml").read_text("utf-8")
    assert "${env:TEST_BOT_KEY}" in text
    assert str(reference.api_key) not in text
    loaded = load_policy(home / "policy.yaml")
    assert loaded.name == "my-bot"
    assert [objective.name for objective in loaded.objectives()] == [
        "availability",
        "latency-p95",
        "ttfc-p95",
    ]
    assert "seatrial plan --policy policy.yaml" in done.output


def test_never_overwrites_a_policy(seatrial: Seatrial, home: Path) -> None:
    (home / "policy.yaml").write_text("precious", "utf-8")
    done = seatrial("init", "http://127.0.0.1:9/v1")
    assert done.exit_code == 3
    assert (home / "policy.yaml").read_text("utf-8") == "precious"


def test_nothing_there_writes_nothing(seatrial: Seatrial, home: Path) -> None:
    done = seatrial("init", "http://127.0.0.1:9/v1")
    assert done.exit_code == 3
    assert not (home / "policy.yaml").exists()


def test_an_unset_variable_is_usage(seatrial: Seatrial) -> None:
    done = seatrial("init", "http://127.0.0.1:9/v1", "--api-key-env", "NO_SUCH_VARIABLE")
    assert done.exit_code == 3
    assert "NO_SUCH_VARIABLE is not set" in done.stderr


@pytest.mark.parametrize(
    ("worst", "limit"),
    [(0.001, "50ms"), (0.024, "50ms"), (0.0261, "75ms"), (0.6, "1.5s"), (0.5, "1s"), (4.1, "10s")],
)
def test_a_limit_is_round_and_has_room(worst: float, limit: str) -> None:
    text = policy_text(Endpoint("http://127.0.0.1:9/v1", "openai-chat", "m", durations=(worst,)), "x", None)
    assert f"value: {limit}," in text


@pytest.mark.parametrize("hostile", ['x", apiKey: "stolen', "a: b #", "{{}}", "\n- evil", "ünï\u2028"])
def test_names_from_an_endpoint_stay_text(home: Path, hostile: str) -> None:
    found = Endpoint(
        "http://127.0.0.1:9/v1", "openai-chat", hostile, (hostile, "other" + hostile), True, (0.1,), (0.1,)
    )
    (home / "policy.yaml").write_text(policy_text(found, "x", None), "utf-8")
    (target,) = load_policy(home / "policy.yaml").spec.targets
    assert target.model == hostile
    assert target.apiKey is None
