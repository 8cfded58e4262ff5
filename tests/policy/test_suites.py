"""Which suites apply to which policy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.policy.loader import LoadedPolicy
from seatrial.policy.suites import applicable, applies, bundled_suites, needs

Load = Callable[..., LoadedPolicy]
ALWAYS = {"sla", "contract", "identity"}


def test_every_suite_says_what_it_needs() -> None:
    known = bundled_suites()
    assert set(known) > ALWAYS
    assert {name for name, wanted in known.items() if not wanted} >= ALWAYS
    assert "capacity" in known["load"]


def test_load_is_for_policies_that_ask_for_it(load: Load) -> None:
    assert set(applicable(load().spec)) == ALWAYS
    capacity = load(("  risk:", "  capacity: {to: 50/s}\n  risk:"))
    assert set(applicable(capacity.spec)) == {*ALWAYS, "load"}
    arrivals = load(("concurrency: 8", "arrivals: {kind: poisson, rate: 9/s}"))
    assert "load" in applicable(arrivals.spec)


def test_one_of_the_needs_is_enough(load: Load) -> None:
    spec = load().spec
    assert applies(spec, ())
    assert applies(spec, ("capacity", "targets"))
    assert not applies(spec, ("capacity", "targets.process"))
    with pytest.raises(AttributeError):
        applies(spec, ("no_such_field",))


def test_needs_are_read_and_not_run(tmp_path: Path) -> None:
    file = tmp_path / "__init__.py"
    file.write_text('"""A suite."""\n\nraise SystemExit\nNEEDS = ("capacity",)\n')
    assert needs(file) == ("capacity",)
    file.write_text("NEEDS = ['capacity']\n")
    with pytest.raises(ValueError, match="tuple of texts"):
        needs(file)
