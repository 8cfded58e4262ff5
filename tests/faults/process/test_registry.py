from __future__ import annotations

import os

import pytest

from seatrial.core.errors import UsageError
from seatrial.faults.process.registry import check_process, inject, process_kinds

TYPES = [
    "process.cpu",
    "process.disk",
    "process.dns",
    "process.fds",
    "process.kill",
    "process.memory",
    "process.memory_limit",
    "process.partition",
    "process.restart",
    "process.stop",
]


def test_all_are_found() -> None:
    assert list(process_kinds()) == TYPES


@pytest.mark.parametrize("type_", TYPES)
def test_each_has_defaults_that_hold_and_says_what_it_does(type_: str) -> None:
    kind = process_kinds()[type_]
    assert isinstance(check_process(type_, {}), kind.Attributes)
    assert kind.__doc__
    for field in kind.Attributes.model_fields.values():
        assert field.description


def test_what_does_not_fit_is_told_with_a_hint() -> None:
    with pytest.raises(UsageError, match=r"did you mean 'process.stop'"):
        check_process("process.stopp", {})
    with pytest.raises(UsageError, match=r"no attribute 'lod'\n.*did you mean 'load'"):
        check_process("process.cpu", {"lod": 1})
    with pytest.raises(UsageError, match=r"p.yaml:3: the fault process.cpu: load: "):
        check_process("process.cpu", {"load": 7}, where="p.yaml:3")


def test_the_harness_itself_is_refused_before_anything_is_done() -> None:
    with pytest.raises(UsageError, match="the harness itself"):
        inject(os.getpid(), "process.kill")
