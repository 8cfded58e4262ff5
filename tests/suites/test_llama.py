"""The suites against a real language model behind llama.cpp's server: what is red there is deserved."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seatrial.core.outcome import Outcome
from seatrial.systems.recipe import load_recipe
from seatrial.systems.runner import System
from seatrial.targets.config import TargetConfig
from seatrial.targets.secret import Secret
from seatrial.targets.target import Target
from tests.suites.running import run_all

MISSING = load_recipe("llama-smollm2").requires.missing()
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"this machine lacks {' and '.join(MISSING)}")

# A message without a role is the client's fault, and this server answers it with 500.
DESERVED = {"test_bad_input::test_what_is_no_request_is_refused['message-without-role']"}


@pytest.fixture(scope="module")
def llama() -> Iterator[Target]:
    with System("llama-smollm2") as system:
        config = TargetConfig(
            name="llama",
            protocol=system.protocol,
            uri=system.uri,
            model=system.model,
            api_key=Secret(system.api_key) if system.api_key else None,
        )
        with Target(config) as target:
            yield target


def test_a_real_server_is_judged_fairly(llama: Target) -> None:
    results = {**run_all("contract", llama), **run_all("identity", llama)}
    red = {name for name, result in results.items() if result.outcome is Outcome.FAILED}
    assert red <= DESERVED, {name: results[name].reason for name in red - DESERVED}
    open_ = {name for name, result in results.items() if result.outcome is Outcome.INCONCLUSIVE}
    assert not open_, {name: results[name].reason for name in open_}
