"""The proxies of one server, by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from seatrial.faults.address import AddressError, Upstream, join, listening
from seatrial.faults.control import inputs
from seatrial.faults.control.inputs import ApiError
from seatrial.faults.proxy import FaultProxy
from seatrial.faults.timers import Timers


class Collection:
    """All proxies.

    Args:
        timers: of the loop they run in.
        seed: every draw depends on it.
        trouble: told of defects of our own.
    """

    def __init__(self, timers: Timers, seed: int, trouble: Callable[[Exception], None]) -> None:
        self.trouble = trouble
        self._timers = timers
        self._seed = seed
        self._proxies: dict[str, FaultProxy] = {}

    def all(self) -> list[FaultProxy]:
        """In the order in which they came."""
        return list(self._proxies.values())

    def get(self, name: str) -> FaultProxy:
        """The proxy of that name.

        Raises:
            ApiError: there is none.
        """
        proxy = self._proxies.get(name)
        if proxy is None:
            raise ApiError("proxy not found", 404)
        return proxy

    async def create(self, fields: dict[str, Any]) -> FaultProxy:
        """A new proxy.

        Raises:
            ApiError: it is described wrongly, its name is taken, or its address cannot be had.
        """
        proxy, enabled = self._described(fields, "")
        if proxy.name in self._proxies:
            raise ApiError("proxy already exists", 409)
        if enabled:
            await self.start(proxy)
        self._proxies[proxy.name] = proxy
        return proxy

    async def populate(self, described: Any) -> tuple[list[FaultProxy], ApiError | None]:
        """Create or replace proxies, up to the first that cannot be had.

        Raises:
            ApiError: one is described wrongly; then nothing is done.
        """
        if described is not None and not isinstance(described, list):
            raise inputs.bad_body("a list of proxies is expected")
        wanted = [
            self._described(inputs.folded(each), f" at proxy {place}")
            for place, each in enumerate(described or [], 1)
        ]
        done: list[FaultProxy] = []
        for proxy, enabled in wanted:
            try:
                done.append(await self._put(proxy, enabled))
            except ApiError as error:
                return done, error
        return done, None

    async def update(self, proxy: FaultProxy, fields: dict[str, Any]) -> None:
        """Another address, or whether it is enabled.

        Raises:
            ApiError: a field is wrong, or the address cannot be had.
        """
        listen = inputs.text(fields, "listen", proxy.listen)
        upstream = inputs.text(fields, "upstream", proxy.upstream.text)
        enabled = inputs.flag(fields, "enabled", proxy.enabled)
        try:
            differs = self._differs(proxy, listen, upstream)
            if differs:
                proxy.stop()
                proxy.listen = listen
                proxy.upstream = Upstream.of(upstream, fields.get("tls"))
        except AddressError as error:
            raise ApiError(str(error), 500) from None
        if enabled:
            await self.start(proxy)
        else:
            proxy.stop()

    def remove(self, proxy: FaultProxy) -> None:
        """Remove a proxy for good."""
        proxy.close()
        del self._proxies[proxy.name]

    @staticmethod
    async def start(proxy: FaultProxy) -> None:
        """Let it listen.

        Raises:
            ApiError: its address cannot be had.
        """
        try:
            await proxy.start()
        except AddressError as error:
            raise ApiError(f"listen tcp: {error}", 500) from None
        except OSError as error:
            reason = os.strerror(error.errno).lower() if error.errno else str(error)
            raise ApiError(f"listen tcp {proxy.listen}: bind: {reason}", 500) from None

    async def _put(self, proxy: FaultProxy, enabled: bool) -> FaultProxy:
        known = self._proxies.get(proxy.name)
        if known is not None:
            try:
                if not self._differs(known, proxy.listen, proxy.upstream.text):
                    return known
            except AddressError as error:
                raise ApiError(str(error), 500) from None
            known.close()
        if enabled:
            await self.start(proxy)
        self._proxies[proxy.name] = proxy
        return proxy

    @staticmethod
    def _differs(proxy: FaultProxy, listen: str, upstream: str) -> bool:
        return proxy.listen != join(*listening(listen)) or proxy.upstream.text != upstream

    def _described(self, fields: dict[str, Any], which: str) -> tuple[FaultProxy, bool]:
        name, upstream = inputs.text(fields, "name"), inputs.text(fields, "upstream")
        listen = inputs.text(fields, "listen")
        enabled = inputs.flag(fields, "enabled", True)
        protocol = inputs.text(fields, "protocol", "tcp")
        for field, value in (("name", name), ("upstream", upstream)):
            if not value:
                raise inputs.missing(field + which)
        try:
            place = Upstream.of(upstream, fields.get("tls"))
        except AddressError as error:
            raise inputs.bad_body(str(error)) from None
        proxy = FaultProxy(name, listen, place, self._timers, protocol=protocol, seed=self._seed)
        return proxy, enabled
