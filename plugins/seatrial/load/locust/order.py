"""What our Locust processes are told: in one environment variable, without a secret in it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from seatrial.core.errors import UsageError

if TYPE_CHECKING:
    from seatrial.core.tenants import Tenants
    from seatrial.load.asked import Asked
    from seatrial.load.prompts import PromptSet
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.traffic import TrafficSpec
    from seatrial.targets.config import TargetConfig
    from seatrial.targets.secret import Secret

VARIABLE = "SEATRIAL_LOCUST"


@dataclass(frozen=True)
class Order:
    """What a Locust process has to know.

    Attributes:
        policy: the release policy's file; its secrets come from each machine's own environment.
        traffic: the traffic that is being sent.
        target: URL to try instead of the policy's.
        seed: of the run.
        workers: how many there are in all.
        out: file descriptor that the master writes frames to; None elsewhere.
    """

    policy: str
    traffic: str
    target: str | None
    seed: int
    workers: int
    out: int | None = None

    def environment(self) -> dict[str, str]:
        """The environment of a process that is told this."""
        return {**os.environ, VARIABLE: json.dumps(asdict(self))}

    @classmethod
    def given(cls, environment: Mapping[str, str] | None = None) -> Order:
        """The order that this process was given.

        Raises:
            UsageError: it was given none: it was not started by us.
        """
        told = (os.environ if environment is None else environment).get(VARIABLE)
        if told is None:
            raise UsageError(
                "this locustfile does not know its policy", hint="run it with: seatrial load --locust FILE"
            )
        return cls(**json.loads(told))

    @cached_property
    def loaded(self) -> LoadedPolicy:
        """The policy."""
        from seatrial.policy.loader import load_policy

        return load_policy(self.policy, target=self.target)

    @cached_property
    def spec(self) -> TrafficSpec:
        """The traffic, as the policy writes it."""
        return self.loaded.traffic(self.traffic)

    @cached_property
    def config(self) -> TargetConfig:
        """The target of the traffic."""
        from seatrial.load.configs import targets

        configs = targets(self.loaded)
        return configs[self.spec.target or next(iter(configs))]

    @cached_property
    def prompts(self) -> PromptSet:
        """The prompts of the traffic."""
        from seatrial.load.prompts import load_prompts

        spec = self.spec
        found = load_prompts(self.loaded.prompts(self.traffic), spec.prompts)
        return found.with_params(spec.max_tokens, spec.params)

    @cached_property
    def codes(self) -> Asked:
        """What a request asks, as a number."""
        from seatrial.load.asked import Asked

        return Asked(len(self.prompts))

    @property
    def keys(self) -> tuple[Secret | None, ...]:
        """The API keys of the traffic's tenants; None for the target's own."""
        from seatrial.load.from_policy import keys_of

        return keys_of(self.spec)

    def tenants(self, worker: int | None = None) -> Tenants | None:
        """Who sends which request, None where there is one caller.

        Args:
            worker: the turns that this worker deals to its users; None for those of the schedule.
        """
        from seatrial.core.tenants import Tenants
        from seatrial.load.from_policy import tenants_of

        dealt = tenants_of(self.spec)
        if dealt is None or worker is None:
            return dealt
        return Tenants(dealt.names, dealt.weights, f"{self.traffic} {worker}")

    def share(self, worker: int) -> int | None:
        """Requests of the budget that worker number *worker*, from 0, may send; None without a limit."""
        most = self.spec.budget.requests
        if most is None:
            return None
        return most * (worker + 1) // self.workers - most * worker // self.workers
