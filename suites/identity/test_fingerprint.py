"""One system answers, the same from the first request to the last."""

from __future__ import annotations

from typing import Any

import pytest

from .asking import answers, expected

LOOKS = 5
BUILD_HEADERS = ("server", "x-version", "x-model-version", "openai-version", "x-litellm-version")


def test_all_answers_come_from_the_same_system(trial_target: Any, trial: Any) -> None:
    """All answers tell the same model, the same system fingerprint and the same version.

    What changed between the first and the last request of the run is judged by the run itself, which
    takes the target's fingerprint before and after.
    """
    got = answers(trial_target, LOOKS)
    fingerprints = {exchange.system_fingerprint for exchange in got}
    told: dict[str, set[str | None]] = {"models": {exchange.model for exchange in got}}
    told["system fingerprints"] = fingerprints
    for name in BUILD_HEADERS:
        told[f"`{name}` headers"] = {exchange.raw.header(name) for exchange in got if exchange.raw}
    for what, values in told.items():
        shown = ", ".join(sorted(map(repr, values)))
        if len(values) > 1:
            pytest.fail(f"{LOOKS} answers tell {len(values)} different {what}: {shown}", pytrace=False)
    wanted = expected(trial, trial_target).system_fingerprint
    if wanted not in (None, "any", *fingerprints):
        shown = ", ".join(map(repr, fingerprints))
        pytest.fail(
            f"the answers tell the system fingerprint {shown}; the policy asks for {wanted!r}", pytrace=False
        )
