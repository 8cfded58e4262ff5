"""Journals and logs of chaostoolkit without secrets, and with nothing in them that is no JSON.

An output that is no JSON makes chaostoolkit leave half a journal behind.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from seatrial.targets.secret import Redactor


def clean(value: Any, redact: Callable[[str], str]) -> Any:
    """A copy of *value* that JSON can hold, with every text redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Mapping):
        return {redact(str(key)): clean(item, redact) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [clean(item, redact) for item in value]
    if isinstance(value, bytes):
        return redact(value.decode("utf-8", "replace"))
    if isinstance(value, (date, Decimal, UUID)):
        return redact(value.isoformat() if isinstance(value, date) else str(value))
    return redact(repr(value))


class Quiet(logging.Filter):
    """Redacts each record of a log, its traceback among it."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record, without its secrets."""
        record.msg, record.args = self._redactor.redact(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self._redactor.redact(record.exc_text)
        return True
