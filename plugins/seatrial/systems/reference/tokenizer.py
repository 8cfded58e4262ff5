"""The built-in model's tokenizer: simple, lossless, and easy to repeat outside.

A token is one of these, the first that fits, from the left:

    one optional white-space character and 1 to 8 word characters (letters, digits, underscore)
    one optional white-space character and 1 other visible character
    a run of white space

so that ``"".join(pieces(text)) == text``. A prompt costs 3 tokens, and 3 for each message beside its content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

PROMPT_OVERHEAD = 3
MESSAGE_OVERHEAD = 3
_PIECE = re.compile(r"\s?\w{1,8}|\s?[^\w\s]|\s+")


def pieces(text: str) -> list[str]:
    """The tokens of *text*, in order; joined they are the text again."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """How many tokens *text* has."""
    return len(_PIECE.findall(text))


def count_prompt(contents: Iterable[str]) -> int:
    """How many tokens a conversation costs as a prompt.

    Args:
        contents: the content of each message.
    """
    return PROMPT_OVERHEAD + sum(MESSAGE_OVERHEAD + count(content) for content in contents)
