"""The model that answers is the one that was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.pytest import not_applicable

from .asking import answers, expected, manner, same_model

LOOKS = 4


def test_answers_name_the_model_that_was_asked_for(trial_target: Any, trial: Any) -> None:
    """Every answer names the model that was asked for, streamed and unstreamed.

    Where the policy says under `identity` which model must answer, it is that one, to the letter.
    """
    identity = expected(trial, trial_target)
    asked = identity.model or trial_target.config.model
    if asked is None:
        not_applicable("the policy asks for no model by name")
    for number, exchange in enumerate(answers(trial_target, LOOKS), 1):
        if exchange.model is None and trial_target.config.protocol == "http-json":
            not_applicable("the answers of this REST model name none")
        where = f"answer {number} of {LOOKS} ({manner(exchange)})"
        if exchange.model is None:
            pytest.fail(f"{where} names no model", pytrace=False)
        same = exchange.model == asked if identity.model else same_model(asked, exchange.model)
        if not same:
            pytest.fail(f"{where} comes from {exchange.model!r}, and {asked!r} was asked for", pytrace=False)
