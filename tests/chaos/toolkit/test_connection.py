"""Where target and fault proxy are: configuration, environment, defaults; keys apart from all of them."""

from __future__ import annotations

import pytest

from seatrial.chaos.toolkit.connection import SOURCES, control, redactor, setting, target


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, _ in SOURCES.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv("SEATRIAL_TARGET_KEY", raising=False)


def test_configuration_comes_before_the_environment_and_that_before_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert setting("target_model", None) == "chat"
    monkeypatch.setenv("SEATRIAL_TARGET_MODEL", "of-the-environment")
    assert setting("target_model", {}) == "of-the-environment"
    assert setting("target_model", {"target_model": "of-the-experiment"}) == "of-the-experiment"


def test_defaults_are_on_this_machine() -> None:
    assert all("127.0.0.1" in default for name, (_, default) in SOURCES.items() if name.endswith("_url"))


def test_the_control_api_is_where_chaostoolkit_toxiproxy_looks_for_it() -> None:
    assert control(None).url == "http://127.0.0.1:8474"
    assert control({"toxiproxy_url": "http://127.0.0.1:1"}).url == "http://127.0.0.1:1"
    assert control({"toxiproxy_host": "127.0.0.2", "toxiproxy_port": 5}).url == "http://127.0.0.2:5"


def test_every_wait_for_the_target_is_bounded() -> None:
    config = target({"target_url": "http://127.0.0.1:1/v1"}, None, "2s")
    assert config.timeouts.total == config.timeouts.first_byte == config.timeouts.idle == 2.0
    assert config.api_key is None


def test_the_key_is_a_secret_of_the_experiment_or_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATRIAL_TARGET_KEY", "sk-environment")
    one, other = target(None, None, "1s").api_key, target(None, {"api_key": "sk-vault"}, "1s").api_key
    assert one is not None
    assert other is not None
    assert (one.reveal(), other.reveal()) == ("sk-environment", "sk-vault")
    hidden = redactor({"target": {"api_key": "sk-vault", "more": {"n": 1}}}).redact(
        "sk-vault sk-environment n"
    )
    assert hidden == "[redacted] [redacted] n"
