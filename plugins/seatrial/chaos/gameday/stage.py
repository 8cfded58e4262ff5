"""Everything that has to run before the script: systems, the fault proxy, the listener for webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from pydantic import ValidationError

from seatrial.chaos.gameday.checks import placeholders
from seatrial.chaos.gameday.journey import Dependency
from seatrial.chaos.gameday.loader import LoadedGameDay
from seatrial.chaos.gameday.model import DependencySpec, SystemSpec, TargetRef
from seatrial.core.errors import UsageError
from seatrial.policy import dependency
from seatrial.systems.runner import System
from seatrial.targets.config import TargetConfig, Timeouts
from seatrial.targets.secret import Secret


class Proxy(Protocol):
    """The fault proxy, as far as a game day needs it."""

    def add(self, spec: dependency.DependencySpec) -> Dependency:
        """Listen for one dependency.

        Raises:
            UsageError: its address is taken.
        """

    def close(self) -> None:
        """Listen no more."""


class Stage:
    """Systems, dependencies and signals by their names, each started when what it names is there.

    Args:
        loaded: the game day.
        addresses: of the webhooks that listen already, by name.
        proxy: makes the fault proxy; called only where there are dependencies.
    """

    def __init__(
        self, loaded: LoadedGameDay, addresses: Mapping[str, str], proxy: Callable[[], Proxy]
    ) -> None:
        self._loaded = loaded
        self._proxy_of = proxy
        self._facts = {f"{name}.url": url for name, url in addresses.items()}
        self._open = ExitStack()
        self._proxy: Proxy | None = None
        self.systems: dict[str, System] = {}
        self.dependencies: dict[str, Dependency] = {}

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def filled(self, text: str) -> str:
        """*text* with every placeholder replaced."""
        for name, fact in placeholders(text):
            text = text.replace(f"{{{name}.{fact}}}", self._facts[f"{name}.{fact}"])
        return text

    def target(self) -> TargetConfig:
        """Where the traffic goes, where the game day itself says it; else its policy does."""
        named = self._loaded.spec.target
        assert isinstance(named, TargetRef)
        system = self.systems[named.system] if named.system is not None else None
        key = named.apiKey.reveal() if named.apiKey else system.api_key if system else None
        limits = named.timeouts
        return TargetConfig(
            name=named.name,
            protocol=named.protocol or (system.protocol if system else "openai-chat"),
            uri=self.filled(named.uri) if named.uri else system.uri if system else "",
            model=named.model or (system.model if system else None),
            api_key=Secret(key) if key else None,
            timeouts=Timeouts(limits.connect, limits.first_byte, limits.idle, limits.total),
        )

    def secrets(self) -> list[str]:
        """The keys that were made for the systems."""
        return [key for system in self.systems.values() if (key := system.api_key)]

    def _start(self) -> None:
        spec, policy = self._loaded.spec, self._loaded.policy
        # The game day's own word on a dependency counts: it may stand elsewhere than the policy says.
        named = {
            each.name: each for each in (*(policy.spec.dependencies if policy else ()), *spec.dependencies)
        }
        waiting: list[SystemSpec | dependency.DependencySpec] = [*named.values(), *spec.systems]
        while waiting:
            ready = next((each for each in waiting if self._ready(each)), None)
            if ready is None:
                names = ", ".join(each.name for each in waiting)
                raise UsageError(f"{names} wait for each other's address", where=self._loaded.where("spec"))
            waiting.remove(ready)
            if isinstance(ready, SystemSpec):
                self._system(ready)
            else:
                self._dependency(ready)

    def _ready(self, part: SystemSpec | dependency.DependencySpec) -> bool:
        texts = (*part.arguments, *part.env.values()) if isinstance(part, SystemSpec) else (part.upstream,)
        return all(f"{name}.{fact}" in self._facts for text in texts for name, fact in placeholders(text))

    def _system(self, spec: SystemSpec) -> None:
        beside = self._loaded.path.parent / spec.recipe
        recipe: str | Path = beside if beside.is_file() else spec.recipe
        system = System(
            recipe,
            arguments=[self.filled(text) for text in spec.arguments],
            env={name: self.filled(text) for name, text in spec.env.items()},
        )
        self.systems[spec.name] = self._open.enter_context(system)
        parts = urlsplit(system.uri)
        facts = {
            "uri": system.uri,
            "root": f"{parts.scheme}://{parts.netloc}",
            "address": parts.netloc,
            "port": str(system.port),
            "key": system.api_key or "",
        }
        self._facts |= {f"{spec.name}.{fact}": value for fact, value in facts.items()}

    def _dependency(self, spec: dependency.DependencySpec) -> None:
        if isinstance(spec, DependencySpec):
            told: dict[str, Any] = {**spec.model_dump(), "upstream": self.filled(spec.upstream)}
            try:
                spec = dependency.DependencySpec.model_validate(told)
            except ValidationError as error:
                said = error.errors()[0]["msg"]
                raise UsageError(f"the dependency {spec.name}: {said}", where=self._loaded.source) from error
        if self._proxy is None:
            self._proxy = self._proxy_of()
            self._open.callback(self._proxy.close)
        self.dependencies[spec.name] = opened = self._proxy.add(spec)
        self._facts[f"{spec.name}.address"] = opened.listen
