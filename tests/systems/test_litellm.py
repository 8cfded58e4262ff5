"""The LiteLLM gateway by its recipe, where its environment was made (`seatrial systems start litellm`)."""

from __future__ import annotations

import pytest

from seatrial.faults.dependency import Dependencies
from seatrial.systems.recipe import load_recipe
from seatrial.systems.runner import System
from seatrial.systems.venv import DONE, venv_folder

RECIPE = load_recipe("litellm")
BODY = {"model": "chat", "messages": [{"role": "user", "content": "How do I return a lamp?"}]}


def made() -> bool:
    assert RECIPE.venv is not None
    return (venv_folder(RECIPE.name, RECIPE.venv.packages) / DONE).is_file()


@pytest.mark.skipif(not made(), reason="LiteLLM's environment was not made: seatrial systems start litellm")
def test_it_answers_and_falls_back() -> None:
    import httpx

    with System(RECIPE) as system, Dependencies(system.dependencies) as dependencies:
        headers = {"authorization": f"Bearer {system.api_key}"}
        with httpx.Client(base_url=system.uri, headers=headers, timeout=60, trust_env=False) as client:
            near = client.post("/chat/completions", json=BODY)
            assert near.status_code == 200
            assert near.json()["choices"][0]["finish_reason"] == "stop"
            assert len(dependencies["primary"].attempts()) == 1
            with dependencies["primary"].inject("down"):
                far = client.post("/chat/completions", json=BODY)
            assert far.status_code == 200
            assert far.headers["x-litellm-attempted-fallbacks"] == "1"
            assert len(dependencies["secondary"].attempts()) == 1


def test_the_recipe_offers_what_a_policy_needs() -> None:
    assert [dependency.name for dependency in RECIPE.provides.dependencies] == ["primary", "secondary"]
    assert RECIPE.provides.model == "chat"
    assert RECIPE.venv is not None
