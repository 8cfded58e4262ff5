"""The audit log: one line for every decision, with keys and personal data masked."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import IO, Any

from seatrial.systems.reference.masking import masked

PREVIEW = 200
"""Characters of the last message that are kept, masked; the whole is kept as a digest only."""


class Audit:
    """Appends to a JSONL file, or does nothing where there is none.

    Args:
        path: the file.
    """

    def __init__(self, path: Path | None) -> None:
        self._file: IO[str] | None = path.open("a", encoding="utf-8", buffering=1) if path else None

    def record(self, *, prompt: str, **facts: Any) -> None:
        """One decision.

        Args:
            prompt: the last message; kept as a digest and a masked preview.
            facts: request id, caller, model, provider, status, finish reason, tokens.
        """
        if self._file is None:
            return
        entry = {
            "time": round(time.time(), 3),
            **facts,
            "prompt_sha256": hashlib.sha256(prompt.encode()).hexdigest(),
            "prompt": masked(prompt[:PREVIEW]),
        }
        self._file.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
