"""What the plugin keeps of scenarios, apart from a session."""

from __future__ import annotations

from seatrial.policy.dependency import DependencySpec
from seatrial.pytest.resilience import described, renamed


def test_a_dependency_as_the_proxy_takes_it() -> None:
    given = {"name": "a", "listen": "127.0.0.1:1", "upstream": "127.0.0.1:2"}
    spec = DependencySpec.model_validate(given)
    assert described(spec) == {**given, "protocol": "openai-chat"}
    assert described(DependencySpec.model_validate({**given, "tls": True}))["tls"] is True


def test_what_was_judged_under_a_fault_is_called_so() -> None:
    verdict = {
        "objective": {"name": "availability", "weight": 1.0},
        "verdict": {"objective": "availability", "n": 3},
    }
    told = renamed("verdict", verdict, "primary-down")
    assert told["objective"] == {"name": "primary-down/availability", "weight": 1.0}
    assert told["verdict"] == {"objective": "primary-down/availability", "n": 3}
    assert verdict["objective"]["name"] == "availability"
    assert renamed("progress", {"objective": "availability"}, "x") == {"objective": "x/availability"}
    assert renamed("exchanges", {"traffic": "a"}, "x") == {"traffic": "a"}
