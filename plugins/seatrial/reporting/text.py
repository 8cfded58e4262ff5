"""Text from outside made harmless before any reporter sees it.

What a target answers is hostile until shown otherwise: it may hold terminal escapes, bidirectional
overrides, characters that XML forbids, or megabytes. Each reporter still escapes for its own format; this is
the gate before.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# CSI, OSC and the other string sequences of ECMA-48, in their 7-bit and 8-bit forms. An unterminated string
# sequence loses only its introducer, so that it cannot swallow the evidence behind it.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Controls but tab and newline; soft hyphen; invisible and bidirectional format characters; interlinear
# annotation; surrogates and noncharacters (XML has none of them); tag characters.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
# The two last code points of every plane are noncharacters too.
_PLANE_ENDS = re.compile(
    "[" + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 17)) + "]"
)
_MARKS_IN_A_ROW = 3


def clean(text: str) -> str:
    """*text* without escape sequences and without control, bidirectional and invisible characters.

    Newline and tab stay.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _LINE_ENDS.sub("\n", _ESCAPES.sub("", text))
    text = _PLANE_ENDS.sub("", _FORBIDDEN.sub("", text))
    return text if text.isascii() else _without_towers(text)


def one_line(text: str, limit: int = 300) -> str:
    """*text* cleaned, on one line, cut to *limit* characters."""
    return cut(" ".join(clean(text).split()), limit)


def cut(text: str, limit: int) -> str:
    """*text*, or its first *limit* characters and an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def clean_tree(value: Any) -> Any:
    """*value* (anything that JSON holds) with every string and key cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): clean_tree(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean_tree(item) for item in value]
    return value


def slug(*parts: object) -> str:
    """A name for an anchor: letters, digits and dashes only, never empty."""
    joined = "-".join(str(part) for part in parts)
    return re.sub(r"[^a-z0-9]+", "-", joined.lower()).strip("-") or "x"


def _without_towers(text: str) -> str:
    """*text* with at most three combining marks in a row, so that no line grows over its neighbours."""
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)
