"""What each request of a recording asks: texts of the recorded lengths, made of the prompts of the traffic.

Nobody outside knows the target's tokenizer: a text of n tokens is one of 4 n characters, which is what
English text has (`seatrial.load.prompts.CHARS_PER_TOKEN`). What the target counted instead is in the journal,
request by request. Each request has a text of its own, so that no cache of beginnings flatters the target,
save where the recording says that beginnings are shared.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from seatrial.core.errors import UsageError
from seatrial.load.prompts import CHARS_PER_TOKEN, PromptSet
from seatrial.load.recording import Recording
from seatrial.policy.arrivals import BLOCK
from seatrial.targets.wire import Message, Prompt

_REQUEST, _BLOCK, _ORDER = 1, 2, 3  # what is drawn: one seed, and draws that do not depend on each other
_BLOCKS = 4096  # texts of hash ids that are kept


class Script:
    """What is asked, request by request; the same seed asks the same.

    Args:
        recording: how long prompts and answers are, and what belongs together.
        prompts: what texts are made of.
        seed: of texts and of the order of prompts.
        max_tokens: longest answer asked for, whatever was recorded.
        params: further fields of each request.
        block: tokens that a hash id stands for.

    Raises:
        UsageError: none of the prompts has a text.
    """

    def __init__(
        self,
        recording: Recording,
        prompts: PromptSet,
        seed: Sequence[int],
        *,
        max_tokens: int | None = None,
        params: Mapping[str, Any] | None = None,
        block: int = BLOCK,
    ) -> None:
        self.recording = recording
        self._prompts = prompts
        self._texts = [prompt.text for prompt in prompts if prompt.text]
        if not self._texts:
            raise UsageError(
                f"the prompts {prompts.name!r} have no text that others could be made of",
                hint="name prompts with texts, such as bundled/chat-short",
            )
        self._seed = list(seed)
        self._most = max_tokens
        self._params = params or {}
        self._block = block
        self._lengths = array("l", bytes(array("l").itemsize * len(recording)))
        self._last = self._last_of_sessions(recording)
        self._block_text = lru_cache(_BLOCKS)(self._of_block)
        self._order = lru_cache(2)(self._shuffled)
        self.crowded = 0
        """Messages that are longer than recorded, as the conversation before them left no room."""

    @staticmethod
    def _last_of_sessions(recording: Recording) -> array[int]:
        last = array("l", [-1]) * recording.conversations
        for row, session in enumerate(recording.sessions or ()):
            if session >= 0:
                last[session] = row
        return last

    def __len__(self) -> int:
        return len(self.recording)

    @property
    def digest(self) -> str:
        """``sha256:…`` of what the texts are made of: two runs with the same one ask the same, row by row."""
        made_of = [self.recording.digest, self._prompts.digest, self._seed, self._block, self._most]
        return f"sha256:{hashlib.sha256(json.dumps(made_of).encode()).hexdigest()}"

    def session(self, row: int) -> int:
        """The session of request number *row*, -1 where it stands alone."""
        return -1 if self.recording.sessions is None else self.recording.sessions[row]

    def ends(self, row: int) -> bool:
        """Whether request number *row* is the last of its session."""
        return self._last[self.session(row)] == row

    def prompt(self, row: int, before: Sequence[Message] = ()) -> Prompt:
        """What request number *row* asks.

        Args:
            before: the conversation that it goes on with.
        """
        outputs = self.recording.outputs
        # A request without any output was recorded as failed; what can be asked for is 1 at the least.
        wanted = None if outputs is None else max(outputs[row], 1)
        known = [each for each in (wanted, self._most) if each is not None]
        most = min(known, default=None)
        if self._own(row) and not before:
            return Prompt.of(self._drawn(row), max_tokens=most, params=self._params)
        text = self._text(row, sum(len(str(message.get("content", ""))) for message in before))
        self._lengths[row] = len(text)
        messages = (*before, {"role": "user", "content": text})
        return Prompt.of(messages, max_tokens=most, params=self._params)

    def shown(self, row: int) -> str:
        """The text that request number *row* has asked, for a person to read."""
        return self._drawn(row).text if self._own(row) else self._whole(row, self._lengths[row])

    def _own(self, row: int) -> bool:
        """Whether it asks a prompt of the set as it stands."""
        return self.recording.inputs is None and self.recording.hashes is None

    def _text(self, row: int, carried: int) -> str:
        """The new message of a request, behind *carried* characters of its conversation."""
        inputs = self.recording.inputs
        if inputs is None and self.recording.hashes is None:
            return self._drawn(row).text
        if inputs is None:
            return self._whole(row, None)
        room = round(inputs[row] * CHARS_PER_TOKEN) - carried
        least = round(CHARS_PER_TOKEN)
        self.crowded += carried > 0 and room < least
        return self._whole(row, max(room, least))

    def _whole(self, row: int, length: int | None) -> str:
        """The text of *length* characters that belongs to a request; None: as long as its blocks are."""
        hashes = self.recording.hashes
        if hashes is None:
            return self._made(_REQUEST, row, length or 0)
        blocks = "".join(self._block_text(each) for each in hashes[row])
        if length is None or length <= len(blocks):
            return blocks[:length]
        return blocks + self._made(_REQUEST, row, length - len(blocks))

    def _of_block(self, number: int) -> str:
        return self._made(_BLOCK, number, round(self._block * CHARS_PER_TOKEN))

    def _made(self, kind: int, number: int, length: int) -> str:
        """*length* characters of prompts in an order of their own."""
        random = np.random.default_rng([*self._seed, kind, number])
        pieces: list[str] = []
        got = 0
        for text in self._mixed(random):
            if not pieces:  # somewhere in a prompt: no two of them should begin alike
                text = text[int(random.integers(len(text))) :]
            pieces.append(text)
            got += len(text) + 1
            if got > length:
                break
        return " ".join(pieces)[:length]

    def _mixed(self, random: np.random.Generator) -> Iterator[str]:
        while True:
            for place in random.permutation(len(self._texts)).tolist():
                yield self._texts[place]

    def _drawn(self, row: int) -> Prompt:
        """A prompt of the set: each once before any comes again."""
        turn, place = divmod(row, len(self._prompts))
        prompt: Prompt = self._prompts[self._order(turn)[place]]
        return prompt

    def _shuffled(self, turn: int) -> list[int]:
        order: list[int] = (
            np.random.default_rng([*self._seed, _ORDER, turn]).permutation(len(self._prompts)).tolist()
        )
        return order
