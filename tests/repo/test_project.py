"""pyproject.toml says the same as everything else that says it."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

import seatrial
from tests.repo import PROJECT

DATA: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
META = DATA["project"]
HEAVY = {
    "deepeval",
    "locust",
    "chaostoolkit",
    "onnxruntime",
    "openvino",
    "allure-pytest",
    "scipy",
    "starlette",
}


def name_of(requirement: str) -> str:
    return re.split(r"[\s\[<>=!;]", requirement, maxsplit=1)[0]


def test_one_version() -> None:
    assert META["version"] == seatrial.__version__


def test_classifiers_name_the_supported_pythons() -> None:
    named = [line.rsplit(" ", 1)[1] for line in META["classifiers"] if re.search(r"Python :: 3\.\d+$", line)]
    assert named == ["3.11", "3.12", "3.13"]
    assert META["requires-python"] == f">={named[0]}"
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    assert re.findall(r"python(3\.\d+)", makefile) == named[::-1]


def test_the_core_needs_nothing_heavy() -> None:
    assert HEAVY.isdisjoint(map(name_of, META["dependencies"]))
    assert len(META["dependencies"]) <= 14


def test_each_extra_of_the_readme_exists_and_all_holds_them() -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    named = set(re.findall(r"\[(demo|load|chaos|quality|edge|allure|all)\]", readme))
    extras = META["optional-dependencies"]
    assert named == {"demo", "load", "chaos", "quality", "edge", "allure", "all"} <= set(extras)
    inside = set(extras["all"][0].removeprefix("seatrial[").removesuffix("]").split(","))
    assert named - {"all"} <= inside


@pytest.mark.parametrize("name", sorted(HEAVY - {"chaostoolkit", "allure-pytest"}))
def test_heavy_packages_are_banned_at_the_top_of_a_module(name: str) -> None:
    banned = DATA["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-module-level-imports"]
    assert name in banned


def test_every_requirement_of_the_tests_is_pinned() -> None:
    pins = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (PROJECT / "constraints.txt").read_text().splitlines()
    }
    wanted = {
        name_of(item) for extra in ("demo", "test", "dev") for item in META["optional-dependencies"][extra]
    }
    wanted |= {name_of(item) for item in META["dependencies"]}
    assert {name for name in wanted if name.lower().replace("_", "-") not in pins} == {"seatrial"}


def test_the_plugin_s_entry_is_named_after_its_module() -> None:
    """Or `-p seatrial.pytest.plugin` would register it twice."""
    ((name, value),) = META["entry-points"]["pytest11"].items()
    assert name == value == "seatrial.pytest.plugin"
