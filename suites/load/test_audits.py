"""Suite `load`: audits that catch flattering numbers, in the spirit of MLPerf's compliance tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from seatrial.core.finding import Finding
from seatrial.load.audits.from_policy import rehearsal
from seatrial.load.audits.rehearsal import Rehearsal
from seatrial.pytest.outcomes import not_applicable

from .ruling import settle

Audit = Callable[[str, Callable[[Rehearsal], Finding]], None]


@pytest.fixture(scope="module")
def rehearsed(trial: Any) -> Callable[[Any], Rehearsal]:
    """What is measured of a target, once for all audits."""

    @cache
    def known(name: str) -> Rehearsal | None:
        config = trial.target(name).config
        return rehearsal(trial.loaded, config, seed=trial.seed, record=trial.told)

    def measured(target: Any) -> Rehearsal:
        found = known(target.config.name)
        if found is None:
            not_applicable("no traffic of the policy goes to this target")
        return found

    return measured


@pytest.fixture
def audit(
    rehearsed: Callable[[Any], Rehearsal], trial_target: Any, trial: Any, request: pytest.FixtureRequest
) -> Audit:
    """Lets the running item come to what an audit finds, and tells it."""

    def conclude(name: str, judge: Callable[[Rehearsal], Finding]) -> None:
        found, item = judge(rehearsed(trial_target)), request.node.nodeid
        trial.record("audit", name=name, target=trial_target.config.name, item=item, **found.to_dict())
        settle(trial, item, found.outcome, found.reason, found.n)

    return conclude


def test_repeated_prompts_cost_what_fresh_ones_do(audit: Audit) -> None:
    """Prompts that the traffic repeats are not answered from a cache."""
    audit("cached-answers", Rehearsal.cached)


def test_a_shared_beginning_saves_nothing(audit: Audit) -> None:
    """The first chunk does not come sooner for a beginning that was read before."""
    audit("prefix-cache", Rehearsal.prefix)


def test_nobody_gets_another_ones_answer(audit: Audit) -> None:
    """Nobody gets an answer that was made for somebody else."""
    audit("strangers", Rehearsal.strangers)


def test_answers_are_as_long_under_load(audit: Audit) -> None:
    """Answers are as long under load as alone, 10 % up or down."""
    audit("lengths", Rehearsal.lengths)


def test_answers_are_as_good_under_load(audit: Audit) -> None:
    """Answers under load are those that are given alone."""
    audit("quality", Rehearsal.quality)


def test_tokens_are_counted_alike_under_load(audit: Audit) -> None:
    """Tokens are counted truthfully, and alike alone and under load."""
    audit("tokens", Rehearsal.tokens)


def test_streams_flow_under_load(audit: Audit) -> None:
    """Under load, too, chunks are sent as they are made."""
    audit("flow", Rehearsal.flow)


def test_the_target_is_measured_and_not_the_harness(audit: Audit) -> None:
    """The harness itself is not the bottleneck under load."""
    audit("client", Rehearsal.client)
