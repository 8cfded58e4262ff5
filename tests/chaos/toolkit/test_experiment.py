"""Experiments are read with every mistake told before anything is run."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from seatrial.bundled import bundled
from seatrial.chaos.toolkit.connection import SOURCES
from seatrial.chaos.toolkit.experiment import MODULES, Extension, extension_of, load
from seatrial.core.errors import UsageError
from tests.chaos.toolkit.experiments import good, written

Document = dict[str, Any]


def test_a_good_one_is_read(tmp_path: Path) -> None:
    experiment = load(written(tmp_path, good(), "outage"))
    assert (experiment.name, experiment.title) == ("outage", "The provider fails")
    assert experiment.extension == Extension()


@pytest.mark.parametrize(
    "path", sorted(bundled("scenarios").glob("*.experiment.yaml")), ids=lambda path: path.name
)
def test_bundled_ones_are_read_and_have_a_limit(path: Path) -> None:
    assert load(path).extension.limit == 600


def spoiled(change: Callable[[Document], Any]) -> Document:
    document = good()
    change(document)
    return document


WRONG: dict[str, tuple[Callable[[Document], Any], str]] = {
    "a misspelt key": (lambda it: it.update(rollback=[]), "no 'rollback', did you mean 'rollbacks'?"),
    "no title": (lambda it: it.pop("title"), "needs a title"),
    "an empty description": (lambda it: it.update(description=" "), "needs a description"),
    "no method": (lambda it: it.pop("method"), "needs a method"),
    "a method that is no list": (lambda it: it.update(method={}), "needs a method"),
    "an unknown action": (
        lambda it: it["method"][0]["provider"].update(func="inject_falt"),
        "no function 'inject_falt', did you mean 'inject_fault'?",
    ),
    "no function at all": (lambda it: it["method"][0]["provider"].pop("func"), "no function ''"),
    "an unknown module": (
        lambda it: it["method"][0]["provider"].update(module="seatrial.chaos.toolkit.action"),
        "no module 'seatrial.chaos.toolkit.action'",
    ),
    "an unknown argument": (
        lambda it: it["method"][0]["provider"]["arguments"].update(on="primary"),
        "inject_fault takes no argument 'on'",
    ),
    "a missing argument": (
        lambda it: it["rollbacks"][0]["provider"]["arguments"].pop("proxy"),
        "revert_fault needs the argument 'proxy'",
    ),
    "a tolerance that is not there": (
        lambda it: it["steady-state-hypothesis"]["probes"][0].update(
            tolerance={
                "type": "probe",
                "name": "t",
                "provider": {
                    "type": "python",
                    "module": "seatrial.chaos.toolkit.tolerances",
                    "func": "pased",
                },
            }
        ),
        "did you mean 'passed'?",
    ),
    "an unknown wish of ours": (
        lambda it: it.update(extensions=[{"name": "seatrial", "witnes": {}}]),
        "did you mean 'witness'?",
    ),
    "a witness that needs no hit": (
        lambda it: it.update(extensions=[{"name": "seatrial", "witness": {"min_hits": 0}}]),
        "more than 0",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_its_line(name: str, tmp_path: Path) -> None:
    change, words = WRONG[name]
    with pytest.raises(UsageError) as raised:
        load(written(tmp_path, spoiled(change)))
    assert words in str(raised.value)
    assert "trial.experiment.yaml:" in str(raised.value)


@pytest.mark.parametrize("text", ["", "[]", "a: [", "title: a\n---\ntitle: b"])
def test_what_is_no_experiment_is_told(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.experiment.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"x\.experiment\.yaml"):
        load(path)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    document = spoiled(lambda it: it.pop("title"))
    document["method"][0]["provider"]["func"] = "explode"
    with pytest.raises(UsageError, match="2 problems"):
        load(written(tmp_path, document))


def test_activities_of_others_are_left_to_chaostoolkit(tmp_path: Path) -> None:
    document = good()
    document["method"][0]["provider"] = {"type": "process", "path": "true"}
    document["extensions"] = [{"name": "somebody", "else": 1}]
    assert load(written(tmp_path, document)).extension == Extension()


def test_the_extension_of_a_document_that_was_read_elsewhere() -> None:
    block = {"name": "seatrial", "witness": {"min_hits": 3}, "limit": "5s"}
    found = extension_of({"extensions": [{"name": "other"}, block]})
    assert (found.witness.min_hits, found.limit) == (3, 5.0)
    assert extension_of({}) == Extension()
    with pytest.raises(UsageError, match="extension seatrial: limit"):
        extension_of({"extensions": [{"name": "seatrial", "limit": "soon"}]})


GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "experiments.md").read_text("utf-8")


def test_what_the_guide_shows_can_be_written(tmp_path: Path) -> None:
    shown = yaml.safe_load(GUIDE.partition("```yaml\n")[2].partition("```")[0])
    experiment = load(written(tmp_path, {**good(), **shown}))
    assert experiment.extension.limit == 600
    assert experiment.extension.stopConditions[0].tolerance == [0.2, 1.0]


def test_the_guide_names_every_function_and_every_variable() -> None:
    names = [name for module in MODULES for name in import_module(module).__all__]
    assert [name for name in names if f"`{name}`" not in GUIDE] == []
    assert [name for name, _ in SOURCES.values() if f"`{name}`" not in GUIDE] == []
