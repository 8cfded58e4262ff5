"""The measuring client with a prompt set in its hands: each prompt becomes bytes once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from seatrial.core.exchange import Exchange
from seatrial.core.tenants import Tenants
from seatrial.load.asked import Asked
from seatrial.load.prompts import PromptSet
from seatrial.targets.client import Client, Prepared
from seatrial.targets.secret import Secret


class PromptSender:
    """Sends prompts by number (`seatrial.load.traffic.Sender`).

    Args:
        client: moves the bytes; closed with the sender.
        prompts: what is asked.
        stream: whether answers are asked for as a stream.
        tenants: who sends which request, where there are several and the sender decides it.
        keys: their API keys; None for the target's own. Without *tenants* what is asked is a number of
            `seatrial.load.asked`, which tells the tenant too.
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
        self._prepared: dict[tuple[int, int], tuple[Prepared, int]] = {}

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
        found = self._prepared.get((prompt, tenant))
        if found is None:
            found = self._prepared[prompt, tenant] = self._prepare(prompt, tenant)
        request, number = found
        self._client.begin(
            request, then, index=index, intended=intended, zero=zero, prompt=number, failed=failed
        )

    def _prepare(self, prompt: int, tenant: int) -> tuple[Prepared, int]:
        """The bytes of a request, and the number of its prompt."""
        if tenant < 0 and self._keys:
            prompt, tenant = Asked(len(self._prompts)).parts(prompt)
        key = self._keys[tenant] if tenant >= 0 else None
        return self._client.prepare(self._prompts[prompt], stream=self._stream, api_key=key), prompt

    async def close(self) -> None:
        """Give every connection back."""
        await self._client.close()
