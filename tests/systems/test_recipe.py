from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import UsageError
from seatrial.systems.recipe import Recipe, filled, list_recipes, load_recipe, require

GOOD = """
name: thing
description: a thing
command: ["{python}", -m, thing, --port, "{port}"]
env: {THING_HOME: "{folder}"}
ready: {url: "http://127.0.0.1:{port}/health", timeout: 2s}
stop: {signal: SIGINT, grace: 500ms}
provides: {protocol: openai-chat, uri: "http://127.0.0.1:{port}/v1", model: small, apiKey: "{api_key}"}
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "thing.yaml"
    file.write_text(text)
    return file


def test_a_recipe_is_read_with_its_units_and_defaults(tmp_path: Path) -> None:
    recipe = load_recipe(written(tmp_path, GOOD))
    assert recipe.ready.timeout == 2.0
    assert recipe.ready.status == 200
    assert recipe.stop.grace == 0.5
    assert recipe.provides.api_key == "{api_key}"
    assert recipe.requires.missing() == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("command:", "comand:", "unknown key 'comand', did you mean 'command'?"),
        ("{port}/health", "{prot}/health", "{prot} is no placeholder"),
        ("timeout: 2s", "timeout: 2", "unit"),
        ("timeout: 2s", "timeout: 0s", "more than 0"),
        ("SIGINT", "SIGNONE", "'SIGNONE' is no signal"),
        ('["{python}", -m, thing, --port, "{port}"]', "[]", "command"),
        ("protocol: openai-chat, ", "", "'protocol' is missing"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_field(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    file = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(UsageError) as error:
        load_recipe(file)
    assert told in str(error.value)
    assert f"{file}:" in str(error.value)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        load_recipe(tmp_path / "nowhere.yaml")


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError) as error:
        load_recipe("refrence")
    assert error.value.hint == "did you mean 'reference'?"
    with pytest.raises(UsageError) as error:
        load_recipe("zzz")
    assert "llama-smollm2, reference" in str(error.value.hint)


def test_the_bundled_recipes_are_listed() -> None:
    found = {recipe.name: recipe for recipe in list_recipes()}
    assert set(found) >= {"reference", "llama-smollm2"}
    for name, recipe in found.items():
        assert recipe.description
        assert load_recipe(name).name == name == recipe.file.stem


def test_placeholders_are_filled_and_other_braces_stay() -> None:
    assert filled(["{port}", '{"a": {}}', "x{port}y"], {"port": "7"}) == ["7", '{"a": {}}', "x7y"]


def test_what_is_missing_is_told_with_the_hint(tmp_path: Path) -> None:
    requires = "requires: {modules: [json, no.such.module], commands: [no-such-program], hint: install it}"
    recipe = load_recipe(written(tmp_path, GOOD + requires))
    with pytest.raises(UsageError) as error:
        require(recipe)
    told = str(error.value)
    assert "the Python module 'no.such.module' and the program 'no-such-program'" in told
    assert error.value.hint == "install it"
    assert "'json'" not in told


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    recipe = load_recipe(
        written(tmp_path, GOOD + f"requires: {{files: [{tmp_path}, {tmp_path}/weights.gguf]}}")
    )
    assert recipe.requires.missing() == [f"the file '{tmp_path}/weights.gguf'"]


def test_a_recipe_is_frozen() -> None:
    assert Recipe.model_config["frozen"] is True
