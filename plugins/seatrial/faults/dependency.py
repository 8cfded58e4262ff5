"""What the target depends on, behind a fault proxy: faults go in as contexts, each with a witness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from seatrial.core.errors import HarnessError, UsageError
from seatrial.faults.apart import ProxyProcess
from seatrial.faults.client import DOWN, ControlClient, ToxicState
from seatrial.faults.recorder import Attempt
from seatrial.faults.registry import check, kind_named
from seatrial.faults.server import ProxyServer
from seatrial.faults.tcp import TcpFault

SWALLOWING = ("timeout", "reset_peer")
"""TCP toxics that let nothing through to toxics behind them."""


@dataclass
class Witness:
    """The proof that a fault acted.

    Attributes:
        hits: how often it acted: on requests (AI faults), pieces of data (TCP toxics), connections (down).
        first, last: when, seconds on `time.monotonic` of this machine; None while it has not acted.
        weak: whether it is concluded from byte counters of a foreign server, and not from acts.
    """

    hits: int = 0
    first: float | None = None
    last: float | None = None
    weak: bool = False


class Fault:
    """A fault on a dependency while its context is open; see `Dependency.inject`.

    Attributes:
        name, type: of its toxic.
    """

    def __init__(
        self,
        dependency: Dependency,
        type_: str,
        name: str,
        stream: str,
        toxicity: float,
        attributes: dict[str, Any],
    ) -> None:
        self.dependency = dependency
        self.type = type_
        self.name = name
        self.stream = stream
        self.toxicity = toxicity
        self.attributes = attributes
        self._client = dependency.client
        self._final: Witness | None = None
        self._entered = False
        self._as_reset = False
        self._bytes = 0.0

    def __enter__(self) -> Self:
        if self._entered:
            raise UsageError(f"the fault {self.name} on {self.dependency.name} is injected already")
        self.dependency.refuse_contradiction(self)
        self._final = None
        self._bytes = self._received()
        if self.type == DOWN:
            self._take_down()
        else:
            self._add(self.type)
        self._entered = True
        self.dependency.active.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._entered = False
        with suppress(ValueError):
            self.dependency.active.remove(self)
        with suppress(HarnessError):  # what went wrong is told by what follows
            self._final = self._read_witness()
        try:
            if self.type == DOWN and not self._as_reset:
                self._client.enable(self.dependency.name)
            else:
                self._client.remove_toxic(self.dependency.name, self.name)
            self._final = self._read_witness()
        except HarnessError as trouble:
            raise HarnessError(
                f"the fault {self.name} on {self.dependency.name} was not reverted: {trouble.what}",
                hint="what was measured after it does not count",
            ) from (error or trouble)

    @property
    def witness(self) -> Witness:
        """How often it acted up to now, or up to its end."""
        if self._final is not None:
            return self._final
        return self._read_witness() if self._entered else Witness()

    @property
    def approximate(self) -> str | None:
        """How it differs from what was asked for, None where it does not."""
        if self._as_reset:
            return "connections are reset when accepted, not refused: nobody here may count refusals"
        return None

    # -- inside

    def _add(self, type_: str) -> ToxicState:
        return self._client.add_toxic(
            self.dependency.name, type_, name=self.name, stream=self.stream, toxicity=self.toxicity,
            attributes=self.attributes,
        )  # fmt: skip

    def _take_down(self) -> None:
        client, name = self._client, self.dependency.name
        client.enable(name, False)
        if client.ours and not client.witness(name)[DOWN]["counts_refused"]:
            client.enable(name)
            self._as_reset = True
            self._add("connect.reset")

    def _read_witness(self) -> Witness:
        client, name = self._client, self.dependency.name
        if not client.ours:
            moved = int(self._received() - self._bytes)
            return Witness(hits=int(moved > 0), weak=True)
        told = client.witness(name)
        return _witness(told[DOWN] if self.type == DOWN and not self._as_reset else told.get(self.name, {}))

    def _received(self) -> float:
        if self._client.ours:
            return 0.0
        return self._client.received(self.dependency.name, self.stream) or 0.0


class Dependency:
    """One dependency behind its proxy.

    Attributes:
        name: the proxy's.
        listen: where the target reaches it.
        upstream: where it really is.
        active: the faults on it now.
    """

    def __init__(self, client: ControlClient, name: str) -> None:
        self.client = client
        self.name = name
        state = client.proxy(name)
        self.listen = state.listen
        self.upstream = state.upstream
        self.active: list[Fault] = []

    def inject(
        self,
        type: str,
        *,
        attributes: Mapping[str, Any] | None = None,
        toxicity: float = 1.0,
        stream: str = "downstream",
        name: str | None = None,
        **when: Any,
    ) -> Fault:
        """A fault to be entered as a context: entering adds it and reads it back, leaving removes it.

        Args:
            type: ``down``, or the type of a toxic: ``latency``, ``http.status``, ….
            attributes: as that type has them.
            toxicity: the share of links (TCP) or requests (AI) that it hits, 0…1.
            stream: for TCP toxics, whose bytes it hits.
            name: its name; several of one type need several.
            when: which requests it hits: every, first, path, model, tenant, from_, until.

        Raises:
            UsageError: no such type or attribute, or a value that does not fit.
        """
        given = {**(attributes or {}), **{key.rstrip("_"): value for key, value in when.items()}}
        if not 0 <= toxicity <= 1:
            raise UsageError(f"the toxicity {toxicity:g} is no share", hint="write a number from 0 to 1")
        if stream not in ("upstream", "downstream"):
            raise UsageError(f"no stream is named {stream!r}", hint="write upstream or downstream")
        if type == DOWN:
            if given or toxicity != 1:
                raise UsageError(
                    "down takes a whole dependency down: it has no attributes and no toxicity",
                    hint="use connect.reset or http.status for a share of requests",
                )
        else:
            check(type, given)
            kind = kind_named(type)
            if not self.client.ours and not (kind is not None and issubclass(kind, TcpFault)):
                raise UsageError(
                    f"a real Toxiproxy server knows no {type}",
                    hint="leave out --toxiproxy: seatrial's own proxy does",
                )
        return Fault(
            self, type, name or (DOWN if type == DOWN else f"{type}_{stream}"), stream, toxicity, given
        )

    def attempts(self, since: int = 0) -> list[Attempt]:
        """What the flight recorder has above number *since*; nothing where a foreign server keeps none."""
        return self.client.attempts(self.name, since) if self.client.ours else []

    def clear_attempts(self) -> None:
        """Empty the flight recorder."""
        if self.client.ours:
            self.client.clear_attempts(self.name)

    def refuse_contradiction(self, new: Fault) -> None:
        """See that *new* can act beside what is active.

        Raises:
            UsageError: it cannot, or another one then could not.
        """
        for old in self.active:
            told = _contradiction(old, new)
            if told:
                raise UsageError(
                    f"the faults {old.name} and {new.name} on {self.name} contradict each other: {told}",
                    hint="inject them one after the other",
                )


class Dependencies(Mapping[str, Dependency]):
    """The dependencies of one trial, by name, with the server that carries them.

    Use it as a context manager: leaving stops our own server, or deletes from a foreign one what was created.

    Args:
        described: name, listen, upstream, and for our own server protocol and tls.
        toxiproxy: the URL of a real Toxiproxy server (or of a `seatrial proxy`) to use instead of our own.
        seed: every draw depends on it.
        control: where our own server's control API listens.
        apart: whether our own server is a process of its own: where this one is busy, faults are in time all
            the same.
    """

    def __init__(
        self,
        described: Sequence[Mapping[str, Any]],
        *,
        toxiproxy: str | None = None,
        seed: int = 0,
        control: str = "127.0.0.1:0",
        apart: bool = False,
    ) -> None:
        self._described = [dict(each) for each in described]
        self._url = toxiproxy
        server = ProxyProcess if apart else ProxyServer
        self._server = None if toxiproxy else server(control, seed=seed, proxies=self._described)
        self._client: ControlClient | None = None
        self._created: list[str] = []
        self._by_name: dict[str, Dependency] = {}

    def __enter__(self) -> Self:
        """Start.

        Raises:
            UsageError: something is described wrongly.
            HarnessError: a port is taken, or the foreign server does not answer.
        """
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The control API's."""
        assert self._client is not None
        return self._client.url

    def stop(self) -> None:
        """Nothing of ours listens any more.

        Raises:
            HarnessError: something could not be stopped, or went wrong inside.
        """
        self._by_name.clear()
        if self._server is not None:
            self._server.stop()
            if self._server.troubles:
                raise HarnessError(f"the fault proxy had trouble: {self._server.troubles[0]}")
        elif self._client is not None:
            created, self._created = self._created, []
            for name in created:
                self._client.delete(name)

    def _start(self) -> None:
        if self._server is not None:
            self._server.start()
        self._client = ControlClient(self._url or (self._server.url if self._server else ""))
        for each in self._described:
            if self._server is None:
                self._adopt(each)
            self._by_name[each["name"]] = Dependency(self._client, each["name"])

    def _adopt(self, each: dict[str, Any]) -> None:
        """Create the proxy, or take the one of that name when it is just what is described."""
        assert self._client is not None
        known = self._client.proxies().get(each["name"])
        if known is None:
            more = {key: each[key] for key in ("protocol", "tls") if key in each and self._client.ours}
            self._client.create(each["name"], each["listen"], each["upstream"], **more)
            self._created.append(each["name"])
        elif known.upstream != each["upstream"] or not known.enabled or known.toxics:
            raise HarnessError(
                f"{self._client.url} has another proxy named {each['name']}: {known}",
                hint="delete or reset it, or rename the dependency",
            )

    def __getitem__(self, name: str) -> Dependency:
        try:
            return self._by_name[name]
        except KeyError:
            raise UsageError(
                f"no dependency is named {name!r}", hint=f"there are: {', '.join(self._by_name) or 'none'}"
            ) from None

    def __iter__(self) -> Any:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


def _contradiction(old: Fault, new: Fault) -> str | None:
    if old.name == new.name:
        return "they have the same name"
    if DOWN in (old.type, new.type):
        return "a dependency that is down answers nothing that could be hit"
    first, second = old, new
    if first.stream == second.stream and first.type in SWALLOWING and first.toxicity >= 1:
        kind = kind_named(second.type)
        if kind is not None and issubclass(kind, TcpFault):
            return f"{first.type} lets nothing through that {second.type} could hit"
    return None


def _witness(told: Mapping[str, Any]) -> Witness:
    return Witness(told.get("hits", 0), told.get("first"), told.get("last"))
