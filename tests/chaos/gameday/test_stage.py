"""The stage: everything is started when what it names is there, and stopped whatever happens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.chaos.gameday.loader import load_game_day
from seatrial.chaos.gameday.stage import Stage
from seatrial.core.errors import UsageError
from seatrial.policy import dependency
from tests.chaos.gameday.acting import Dependency, write

RECIPE = """\
name: echo
description: a server that says nothing of note
command: ["{python}", -m, http.server, "{port}", --bind, 127.0.0.1, --directory, "{folder}"]
env: {ECHO_KEY: "{api_key}"}
ready: {url: "http://127.0.0.1:{port}/", timeout: 20s}
provides: {protocol: http-json, uri: "http://127.0.0.1:{port}/v1", model: none, apiKey: "{api_key}"}
"""
STAGE = """\
  systems:
    - {name: gateway, recipe: echo.yaml, env: {UPSTREAM: "http://{primary.address}", ALERTS: "{pager.url}"}}
    - {name: provider, recipe: echo.yaml}
  dependencies: [{name: primary, upstream: "{provider.address}", protocol: http}]
  target: {system: gateway, name: it}
  traffic: {rate: 1}
  signals: [{name: pager, webhook: {}}]
  steps: [{wait: 1s}]
"""


class Proxy:
    def __init__(self) -> None:
        self.specs: list[dependency.DependencySpec] = []
        self.closed = False

    def add(self, spec: dependency.DependencySpec) -> Any:
        self.specs.append(spec)
        return Dependency()

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def staged(tmp_path: Path) -> Callable[..., tuple[Stage, Proxy]]:
    (tmp_path / "echo.yaml").write_text(RECIPE, "utf-8")

    def make(text: str) -> tuple[Stage, Proxy]:
        proxy = Proxy()
        loaded = load_game_day(str(write(tmp_path, text, stage="")))
        return Stage(loaded, {"pager": "http://127.0.0.1:7/pager"}, lambda: proxy), proxy

    return make


def test_each_waits_for_the_address_it_names(staged: Callable[..., tuple[Stage, Proxy]]) -> None:
    stage, proxy = staged(STAGE)
    with stage:
        assert list(stage.systems) == ["provider", "gateway"], (
            "the provider first, then its proxy, then who asks"
        )
        provider, gateway = stage.systems["provider"], stage.systems["gateway"]
        assert proxy.specs[0].upstream == f"127.0.0.1:{provider.port}"
        assert gateway._env == {"UPSTREAM": "http://127.0.0.1:9101", "ALERTS": "http://127.0.0.1:7/pager"}
        target = stage.target()
        assert (target.name, target.protocol, target.uri) == ("it", "http-json", gateway.uri)
        assert target.api_key is not None
        assert sorted(stage.secrets()) == sorted([provider.api_key, gateway.api_key])  # type: ignore[type-var]
        assert stage.filled("{gateway.root}/m?{provider.port}") == (
            f"http://127.0.0.1:{gateway.port}/m?{provider.port}"
        )
    assert not gateway.alive
    assert not provider.alive
    assert proxy.closed


def test_a_circle_is_usage_and_leaves_nothing(staged: Callable[..., tuple[Stage, Proxy]]) -> None:
    stage, _ = staged(STAGE.replace("{name: provider, recipe: echo.yaml}", (
        '{name: provider, recipe: echo.yaml, env: {ASKS: "{gateway.uri}"}}'
    )))  # fmt: skip
    with pytest.raises(UsageError, match="wait for each other's address"):
        stage.__enter__()
    assert stage.systems == {}


def test_what_was_started_is_stopped_when_the_next_fails(
    staged: Callable[..., tuple[Stage, Proxy]], tmp_path: Path
) -> None:
    (tmp_path / "bad.yaml").write_text(RECIPE.replace("http.server", "no_such_module_here"), "utf-8")
    stage, proxy = staged(
        STAGE.replace("name: gateway, recipe: echo.yaml", "name: gateway, recipe: bad.yaml")
    )
    with pytest.raises(Exception, match="ended with code 1"):
        stage.__enter__()
    assert not stage.systems["provider"].alive
    assert proxy.closed
