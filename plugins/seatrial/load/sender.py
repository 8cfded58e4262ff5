"""The measuring client with a prompt set in its hands: each prompt becomes bytes once."""

from __future__ import annotations

from collections.abc import Callable

from seatrial.core.exchange import Exchange
from seatrial.load.prompts import PromptSet
from seatrial.targets.client import Client, Prepared


class PromptSender:
    """Sends prompts by number (`seatrial.load.traffic.Sender`).

    Args:
        client: moves the bytes; closed with the sender.
        prompts: what is asked.
        stream: whether answers are asked for as a stream.
    """

    def __init__(self, client: Client, prompts: PromptSet, *, stream: bool) -> None:
        self._client = client
        self._prompts = prompts
        self._stream = stream
        self._prepared: dict[int, Prepared] = {}

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
        request = self._prepared.get(prompt)
        if request is None:
            request = self._client.prepare(self._prompts[prompt], stream=self._stream)
            self._prepared[prompt] = request
        self._client.begin(
            request, then, index=index, intended=intended, zero=zero, prompt=prompt, failed=failed
        )

    async def close(self) -> None:
        """Give every connection back."""
        await self._client.close()
