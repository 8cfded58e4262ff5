"""From a file to a policy: read, build on others, override, resolve, validate, check.

Everything that is wrong is told at once.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from seatrial.core.errors import UsageError
from seatrial.core.objective import Objective
from seatrial.core.risk import Risk
from seatrial.policy.checks import check
from seatrial.policy.composed import Asked, parts_of
from seatrial.policy.document import ReleasePolicy, Spec
from seatrial.policy.environment import resolve
from seatrial.policy.extends import find_policy, read_extended
from seatrial.policy.marked import Marked, Origin
from seatrial.policy.notices import notices
from seatrial.policy.openslo import expand
from seatrial.policy.overrides import Overridden, with_addresses, with_target
from seatrial.policy.parts import Parts, file_of, prompts_file, readable
from seatrial.policy.problems import Path, PolicyError, Problem, did_you_mean, listed
from seatrial.policy.resilience import CriterionSpec
from seatrial.policy.schema_problems import schema_problems
from seatrial.policy.secret import Secret
from seatrial.policy.target import TargetSpec
from seatrial.policy.traffic import TrafficSpec

DEFAULT = Origin("default")


@dataclass(frozen=True)
class LoadedPolicy:
    """A policy that can be run, and where each of its values comes from.

    Attributes:
        policy: the models.
        path: the file.
        source: the file as people name it.
        tree: the merged document, each value with its origin.
        notices: what is allowed and yet worth a word.
        secrets: every value of the environment that must not be shown, for redaction.
        overridden: what the command line changed, with what stood there before.
    """

    policy: ReleasePolicy
    path: FilePath
    source: str
    tree: Marked
    notices: tuple[Problem, ...]
    secrets: tuple[Secret, ...]
    overridden: Mapping[Path, Marked | None]

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.policy.metadata.name

    @property
    def spec(self) -> Spec:
        """What it asks for."""
        return self.policy.spec

    @property
    def risk(self) -> Risk:
        """The accepted chances of error, as the statistics take them."""
        return self.spec.risk.risk

    def where(self, *path: str | int) -> str:
        """`origin` as text: ``policy.yaml:12``."""
        return str(self.origin(*path))

    def origin(self, *path: str | int) -> Origin:
        """Where the value at *path* comes from, such as ``("spec", "risk", "power")``.

        Args:
            path: keys, and for items of a list their position or their name.
        """
        here = self.tree
        for step in path:
            inside = here.child(step) or here.named(step)
            if inside is None:
                return DEFAULT
            here = inside
        return here.origin

    def objective(self, name: str, *, warning: bool = False) -> Objective:
        """The objective of that name, ready to judge.

        Args:
            name: as in the policy.
            warning: its looser bar in place of its own.

        Raises:
            UsageError: there is none of that name.
        """
        specs = {spec.name: index for index, spec in enumerate(self.spec.objectives)}
        index = specs[_known("objective", name, specs)]
        where = str(self.origin("spec", "objectives", index))
        spec = self.spec.objectives[index]
        made = spec.objective(where, warning=warning)
        return replace(made, parts=self._parts(spec, spec.traffic), samples=self._samples(spec.traffic))

    def _samples(self, traffic: str | None) -> int:
        """Requests of a query of that traffic."""
        kinds = (each.arrivals for each in self.spec.traffic if each.name == traffic)
        return next((each.samples for each in kinds if each is not None and each.closed and each.samples), 1)

    def criterion(
        self, spec: CriterionSpec, traffic: str, name: str, judged_on: str, where: str | None = None
    ) -> Objective:
        """What a scenario demands under a fault, ready to judge.

        Args:
            traffic: whose objectives it may be made of.
            name: of the objective.
            judged_on: the traffic under the fault, as the journal calls it.

        Raises:
            UsageError: it cannot be judged as it is written.
        """
        return replace(spec.objective(name, judged_on, where), parts=self._parts(spec, traffic))

    def _parts(self, spec: Asked, traffic: str | None) -> tuple[Objective, ...]:
        return tuple(self.objective(part.name) for part in parts_of(spec, traffic, self.spec.objectives))

    def objectives(self) -> tuple[Objective, ...]:
        """Every objective, ready to judge, in the order of the policy."""
        return tuple(self.objective(spec.name) for spec in self.spec.objectives)

    def traffic(self, name: str) -> TrafficSpec:
        """The traffic of that name.

        Raises:
            UsageError: there is none of that name.
        """
        specs = {spec.name: spec for spec in self.spec.traffic}
        return specs[_known("traffic", name, specs)]

    def target(self, name: str | None = None) -> TargetSpec:
        """The target of that name, or the only one.

        Raises:
            UsageError: there is none of that name, or there are several and none is named.
        """
        specs = {spec.name: spec for spec in self.spec.targets}
        if name is None and len(specs) != 1:
            raise UsageError(f"{self.source} has {len(specs)} targets", hint=f"name one: {listed(specs)}")
        return specs[_known("target", name or next(iter(specs)), specs)]

    def prompts(self, traffic: str) -> FilePath:
        """The file of a traffic's prompts."""
        index = [spec.name for spec in self.spec.traffic].index(traffic)
        folder = self.origin("spec", "traffic", index, "prompts").folder
        return prompts_file(self.spec.traffic[index].prompts, folder)

    def file(self, *path: str | int) -> FilePath | None:
        """The file that the value at *path* names, relative to the file it stands in; None for no value."""
        item = self.tree.at(path)
        return file_of(item.value, item.origin.folder) if isinstance(item.value, str) else None

    def redact(self, text: str) -> str:
        """*text* without any secret."""
        for secret in self.secrets:
            text = secret.redact(text)
        return text


def load_policy(
    name: str | FilePath,
    *,
    target: str | None = None,
    environ: Mapping[str, str] | None = None,
    trial: bool = True,
) -> LoadedPolicy:
    """Load a policy.

    Args:
        name: a file, or a bundled policy such as ``tiers/business``.
        target: ``URL`` or ``NAME=URL`` in place of the address in the policy.
        environ: where ``${env:NAME}`` is looked up; the process's environment by default.
        trial: False where nothing is going to be sent (to tell the digest, to show it): references to the
            environment stay as they stand, and files that are named need not be there.

    Raises:
        PolicyError: with everything that is wrong.
    """
    path, source = find_policy(str(name))
    done = with_target(read_extended(path, source), target)
    if not trial:
        done = with_addresses(done)
    expanded, problems = expand(done.tree)
    resolution = resolve(expanded, (os.environ if environ is None else environ) if trial else None)
    parts = readable(resolution.tree, trial=trial)
    problems += resolution.problems
    try:
        policy: ReleasePolicy | None = ReleasePolicy.model_validate(resolution.tree.plain())
    except ValidationError as error:
        policy = None
        problems += schema_problems(error, ReleasePolicy, resolution.tree)
    problems += check(parts)
    if problems or policy is None:
        raise PolicyError(_told(problems, resolution.secrets))
    return _loaded(policy, path, source, parts, done, resolution.secrets)


def _loaded(
    policy: ReleasePolicy,
    path: FilePath,
    source: str,
    parts: Parts,
    done: Overridden,
    secrets: list[Secret],
) -> LoadedPolicy:
    said = tuple(_told(notices(policy, parts), secrets))
    return LoadedPolicy(policy, path, source, parts.tree, said, tuple(secrets), done.before)


def _told(problems: list[Problem], secrets: list[Secret]) -> list[Problem]:
    """Each problem once, in the order of lines, without secrets."""
    told = dict.fromkeys(sorted(problems, key=lambda problem: problem.position))
    for secret in secrets:
        told = dict.fromkeys(
            Problem(one.where, one.field, secret.redact(one.what), secret.redact(one.hint)) for one in told
        )
    return list(told)


def _known(kind: str, name: str, known: Mapping[str, Any]) -> str:
    if name not in known:
        raise UsageError(
            f"the policy has no {kind} {name!r}{did_you_mean(name, known)}", hint=f"known: {listed(known)}"
        )
    return name
