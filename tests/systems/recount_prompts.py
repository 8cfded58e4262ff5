"""Count the tokens of the bundled prompts again, and write them into their files.

    python tests/systems/recount_prompts.py

Each count is what the prompt costs as input: ``reference`` by the tokenizer of the reference system,
``smollm2`` by SmolLM2's own, chat template included (llama.cpp's server counts it).
"""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

from seatrial.bundled import bundled
from seatrial.systems.reference import tokenizer
from seatrial.systems.runner import System


def messages_of(row: dict[str, Any]) -> list[dict[str, str]]:
    """The conversation that a prompt stands for."""
    return row.get("messages") or [{"role": "user", "content": row["prompt"]}]


def reference_tokens(row: dict[str, Any]) -> int:
    """What the prompt costs with the reference system's model."""
    return tokenizer.count_prompt(message["content"] for message in messages_of(row))


def smollm2_tokens(row: dict[str, Any], server: str) -> int:
    """What the prompt costs with SmolLM2.

    Args:
        server: root of a llama.cpp server.
    """
    text = post(f"{server}/apply-template", {"messages": messages_of(row)})["prompt"]
    return len(post(f"{server}/tokenize", {"content": text, "parse_special": True})["tokens"])


def post(url: str, body: dict[str, Any]) -> Any:
    """The JSON that answers a JSON body."""
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def recount(file: Path, server: str) -> int:
    """Write the counts into *file*; returns the number of prompts."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["tokens"] = {"reference": reference_tokens(row), "smollm2": smollm2_tokens(row, server)}
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file.write_text(text, encoding="utf-8")
    return len(rows)


def main() -> int:
    """Recount every bundled prompt set."""
    with System("llama-smollm2") as system:
        server = system.uri.removesuffix("/v1")
        for file in sorted((bundled("fixtures") / "prompts").glob("chat-*.jsonl")):
            print(file.name, recount(file, server))
    return 0


if __name__ == "__main__":
    sys.exit(main())
