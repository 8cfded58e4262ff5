"""Small readings of what came over the wire."""

from __future__ import annotations

import json
import re
from typing import Any

from seatrial.core.exchange import Exchange

_INTERNALS = (
    re.compile(r"Traceback \(most recent call last\)"),
    re.compile(r'File "[^"\n]+", line \d+'),
    re.compile(r"\bat [\w$.<>\[\] ]+\([^()\s]+\.(?:java|kt|scala|js|mjs|cjs|ts|cs|vb|php|rb):\d+"),
    re.compile(r"^\s+at \S.*:\d+:\d+\)?$", re.MULTILINE),
    re.compile(r"\bat [\w.]+\([^)]*\) in \S+:line \d+"),
    re.compile(r"\bgoroutine \d+ \["),
    re.compile(r"\bthread '[^']*' panicked at"),
    re.compile(r"\bpanic: runtime error"),
    re.compile(r"#\d+ 0x[0-9a-f]{6,} in "),
    re.compile(r"(?:/[\w.+-]+){2,}\.(?:py|pyc|js|mjs|ts|go|rs|java|rb|php|cs|cpp|cc|c|h|hpp|so)\b(?!/)"),
    re.compile(r"[A-Za-z]:\\(?:[\w. +-]+\\)+[\w. +-]+\.(?:py|js|ts|cs|dll|cpp|php)\b"),
    re.compile(r"(?:site|dist)-packages/|/node_modules/"),
)


def internals(text: str) -> str | None:
    """The first stack trace, source path or the like in *text*, None where it is clean."""
    for pattern in _INTERNALS:
        found = pattern.search(text)
        if found:
            return found.group(0).strip()
    return None


def everything_said(exchange: Exchange) -> str:
    """All headers and the body of an answer as one text; strings inside JSON also without their escapes."""
    if exchange.raw is None:
        return ""
    body = exchange.raw.body.decode("utf-8", "replace")
    headers = "\n".join(f"{name}: {value}" for name, value in exchange.raw.headers)
    try:
        leaves = "\n".join(_strings(json.loads(body)))
    except ValueError:
        leaves = ""
    return f"{headers}\n{body}\n{leaves}"


def echoes(secret: str, text: str) -> bool:
    """Whether *text* holds the secret, or so much of it in one piece that the rest is no protection."""
    size = max(12, (len(secret) * 3 + 3) // 4)
    if len(secret) < size:
        return secret in text
    return any(secret[start : start + size] in text for start in range(len(secret) - size + 1))


def last_usage(exchange: Exchange) -> dict[str, Any] | None:
    """``{"usage": …}`` as the events of a stream tell it: of all events together, the later ones winning."""
    usage: dict[str, Any] = {}
    for _, data in exchange.raw.events if exchange.raw else ():
        try:
            event = json.loads(data)
        except ValueError:
            continue
        for holder in (event, event.get("message")) if isinstance(event, dict) else ():
            if isinstance(holder, dict) and isinstance(holder.get("usage"), dict):
                usage.update(holder["usage"])
    return {"usage": usage} if usage else None


def framing_problems(body: bytes) -> list[str]:
    """What is wrong with the frame of a stream of server-sent events (WHATWG HTML, section 9.2.5).

    Args:
        body: the whole body after transfer decoding.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        return [f"the stream is not UTF-8 at byte {error.start}"]
    problems = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        name = line.split(":", 1)[0]
        if line and name not in ("", "data", "event", "id", "retry"):
            problems.append(f"line {number} of the stream is no field of server-sent events: {line[:60]!r}")
    if text and not re.search(r"(?:\r\n|\r|\n)(?:\r\n|\r|\n)$", text):
        problems.append("the last event is not closed by an empty line: a strict reader drops it")
    return problems[:3]


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for item in pair for text in _strings(item)]
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return [value] if isinstance(value, str) else []
