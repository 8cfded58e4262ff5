"""Documents cannot lie: what they show is run, what they name exists, what is generated is up to date."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from seatrial.cli.app import COMMANDS, app
from tests.repo import PROJECT

DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")])
README = (PROJECT / "README.md").read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The contents of every fenced block of that language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [content for named, content in found if named == language]


def command_lines() -> list[list[str]]:
    """Every `seatrial …` and `make …` line of the README's shell blocks, as words."""
    lines = [line.partition("#")[0].strip() for block in blocks(README, "") for line in block.splitlines()]
    return [shlex.split(line.removeprefix(".venv/bin/")) for line in lines if line]


def test_generated_pages_are_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("generate", PROJECT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.PAGES
    for name, page in generate.PAGES.items():
        assert (PROJECT / "docs" / name).read_text("utf-8") == page(), f"docs/{name} is old: make docs"


def test_every_make_command_of_the_readme_exists() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {words[1] for words in command_lines() if words[0] == "make"}
    assert {"demo", "test", "demo-llm"} <= named
    assert named <= targets


def test_every_seatrial_command_of_the_readme_exists_with_its_options() -> None:
    seen = set()
    for words in command_lines():
        if words[0] != "seatrial":
            continue
        command = app.get_command(click.Context(app), words[1])
        assert command is not None, words
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words[2:] if word.startswith("--")} <= options, words
        seen.add(words[1])
    assert {"init", "plan", "certify", "verify", "demo"} <= seen


def test_every_exit_code_is_told() -> None:
    from seatrial.core.outcome import ExitCode

    for code in ExitCode:
        assert re.search(rf"^\| {int(code)} \|", README, re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_local_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text("utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_architecture_names_every_room_and_every_layer() -> None:
    text = (PROJECT / "ARCHITECTURE.md").read_text("utf-8")
    rooms = {file.parent.name for file in (PROJECT / "plugins" / "seatrial").glob("*/__init__.py")} - {
        "_bundled"
    }
    assert {room for room in rooms if not re.search(rf"^{room} ", text, re.MULTILINE)} == set()
    layers = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    order = [re.findall(r"\w+", layer)[0] for layer in layers[0]["layers"]]
    assert re.findall(rf"^({'|'.join(order)}) ", text, re.MULTILINE) == order, "the arrows point down"


def test_the_files_that_contributing_names_exist() -> None:
    text = (PROJECT / "CONTRIBUTING.md").read_text("utf-8")
    named = re.findall(r"`((?:tests|plugins|suites|fixtures|docs)/[\w/.-]+)`", text)
    assert named
    assert [name for name in named if not (PROJECT / name).exists()] == []


def test_the_changelog_knows_every_command() -> None:
    text = (PROJECT / "CHANGELOG.md").read_text("utf-8")
    assert [name for name in COMMANDS if name not in text] == []


def test_the_policy_of_the_readme_is_one(tmp_path: Path) -> None:
    from seatrial.policy.loader import load_policy

    (policy,) = blocks(README, "yaml")
    (tmp_path / "policy.yaml").write_text(policy, "utf-8")
    loaded = load_policy(tmp_path / "policy.yaml")
    assert [objective.name for objective in loaded.policy.spec.objectives] == [
        "availability",
        "latency-p95",
        "ttfc-p95",
    ]
