"""The measuring client with a prompt set in its hands: each prompt becomes bytes once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seatrial.core.exchange import Exchange
from seatrial.core.tenants import Tenants
from seatrial.load.prompts import PromptSet
from seatrial.targets.client import Client, Prepared
from seatrial.targets.secret import Secret


class PromptSender:
    """Sends prompts by number (`seatrial.load.traffic.Sender`).

    Args:
        client: moves the bytes; closed with the sender.
        prompts: what is asked.
        stream: whether answers are asked for as a stream.
        tenants: who sends which request, where there are several.
        keys: their API keys; None for the target's own.
    """

    def __init__(
        self,
        client: Client,
        prompts: PromptSet,
        *,
        stream: bool,
        tenants: Tenants | None = None,
        keys: Sequence[Secret | None] = (),
    ) -> None:
        self._client = client
        self._prompts = prompts
        self._stream = stream
        self._tenants = tenants
        self._keys = keys
        self._prepared: dict[tuple[int, int], Prepared] = {}

    def begin(
        self,
        prompt: int,
        then: Callable[[Exchange], None],
        *,
        index: int,
        intended: float,
        zero: float,
        failed: Callable[[BaseException], None],
    ) -> None:
        """Ask prompt number *prompt*; *then* gets the exchange."""
        tenant = self._tenants.sender(index) if self._tenants is not None else -1
        request = self._prepared.get((prompt, tenant))
        if request is None:
            key = self._keys[tenant] if tenant >= 0 else None
            request = self._client.prepare(self._prompts[prompt], stream=self._stream, api_key=key)
            self._prepared[prompt, tenant] = request
        self._client.begin(
            request, then, index=index, intended=intended, zero=zero, prompt=prompt, failed=failed
        )

    async def close(self) -> None:
        """Give every connection back."""
        await self._client.close()
