"""Prompt sets: JSON lines, bundled ones by name or a user's own by path."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.targets.wire import Prompt

CHARS_PER_TOKEN = 4.0
"""Of English text, where nobody knows the tokenizer (https://help.openai.com/en/articles/4936856)."""


@dataclass(frozen=True)
class PromptSet(Sequence[Prompt]):
    """Prompts in the order of their file.

    Attributes:
        name: as the policy names it.
        digest: ``sha256:…`` of the file: what was asked belongs to what is certified.
        tokens: known input lengths of each prompt, by tokenizer; empty where the file tells none.
    """

    name: str
    prompts: tuple[Prompt, ...]
    digest: str
    tokens: tuple[Mapping[str, int], ...] = ()

    def __len__(self) -> int:
        return len(self.prompts)

    def __getitem__(self, number: Any) -> Any:
        return self.prompts[number]

    def __iter__(self) -> Iterator[Prompt]:
        return iter(self.prompts)

    def with_params(self, max_tokens: int | None, params: Mapping[str, Any]) -> PromptSet:
        """The same prompts, with what the traffic asks of each answer."""
        if max_tokens is None and not params:
            return self
        changed = tuple(Prompt.of(prompt, max_tokens=max_tokens, params=params) for prompt in self.prompts)
        return PromptSet(self.name, changed, self.digest, self.tokens)


def load_prompts(path: Path, name: str, where: str | None = None) -> PromptSet:
    """Read a prompt set.

    Args:
        path: a file with one JSON object a line.
        name: as the policy calls it.
        where: file and line of the policy, for errors.

    Raises:
        UsageError: no such file, a line that is not a prompt, or no prompt at all.
    """
    try:
        data = path.read_bytes()
        lines = data.decode("utf-8").split("\n")
    except OSError as error:
        raise UsageError(
            f"the prompts {name!r} cannot be read ({error.strerror})", where=where, hint=f"looked at {path}"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"the prompts {name!r} are not UTF-8", where=f"{path}", hint="save as UTF-8"
        ) from error
    read = [_prompt(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not read:
        raise UsageError(
            f"the prompts {name!r} are empty", where=where, hint=f"one JSON object a line in {path}"
        )
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return PromptSet(name, tuple(prompt for prompt, _ in read), digest, tuple(tokens for _, tokens in read))


def _prompt(line: str, where: str) -> tuple[Prompt, Mapping[str, int]]:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise UsageError(f"this line is not JSON ({error})", where=where) from error
    if not isinstance(data, dict):
        raise UsageError("a prompt is a JSON object", where=where, hint='for example {"prompt": "Hello"}')
    try:
        prompt = Prompt.from_dict(data)
    except UsageError as error:
        raise UsageError(error.what, where=where, hint=error.hint) from error
    tokens = data.get("tokens")
    return prompt, tokens if isinstance(tokens, dict) else {}
