"""Runs single items of a bundled suite in this process, and tells their outcomes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from seatrial.core.outcome import Outcome
from seatrial.policy.target import Identity
from seatrial.pytest.outcomes import Inconclusive, NotApplicable
from seatrial.targets.target import Target
from suites.contract.probe import Probe

SUITES = Path(__file__).parents[2] / "suites"


class Item(NamedTuple):
    """One item: ``test_stream::test_a_stream_is_well_formed``, with ``[case]`` where it has cases."""

    name: str
    call: Callable[..., None]
    case: tuple[str, ...]


class Result(NamedTuple):
    """What became of an item."""

    outcome: Outcome
    reason: str
    requests: int


def items(suite: str) -> Iterator[Item]:
    """Every item of a suite, in the order of collection."""
    for file in sorted((SUITES / suite).glob("test_*.py")):
        module = importlib.import_module(f"suites.{suite}.{file.stem}")
        for name, call in vars(module).items():
            if name.startswith("test_"):
                for case in _cases(call):
                    yield Item(f"{file.stem}::{name}{list(case) if case else ''}", call, case)


def _cases(call: Any) -> list[tuple[str, ...]]:
    marks = [mark for mark in getattr(call, "pytestmark", ()) if mark.name == "parametrize"]
    return [(case,) for mark in marks for case in mark.args[1]] or [()]


def run(item: Item, target: Target, probe: Probe | None = None, identity: Identity | None = None) -> Result:
    """The outcome of one item against *target*; an error of the item's own is raised."""
    before = target.count
    try:
        if item.call.__module__.startswith("suites.contract"):
            item.call(probe or Probe(target), *item.case)
        else:
            item.call(target, _trial(target, identity or Identity()))
    except (AssertionError, pytest.fail.Exception) as error:
        return Result(Outcome.FAILED, str(error), target.count - before)
    except Inconclusive as error:
        return Result(Outcome.INCONCLUSIVE, str(error), target.count - before)
    except NotApplicable as error:
        return Result(Outcome.NOT_APPLICABLE, str(error), target.count - before)
    return Result(Outcome.PASSED, "", target.count - before)


def run_all(suite: str, target: Target) -> dict[str, Result]:
    """The outcome of every item of *suite*, by name."""
    probe = Probe(target)
    return {item.name: run(item, target, probe) for item in items(suite)}


def _trial(target: Target, identity: Identity) -> Any:
    spec = SimpleNamespace(name=target.config.name, identity=identity)
    return SimpleNamespace(policy=SimpleNamespace(spec=SimpleNamespace(targets=[spec])))
