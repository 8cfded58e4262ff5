"""Structured logs: one JSON object a line on standard output, masked."""

from __future__ import annotations

import json
import logging
import sys
import time

from seatrial.systems.reference.masking import masked

NAME = "seatrial.reference"


class JsonFormatter(logging.Formatter):
    """A log record as one line of JSON; what was passed as ``extra={"fields": {...}}`` comes with it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry: dict[str, object] = {
            "time": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry.update(getattr(record, "fields", {}))
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        clean = {key: masked(value) if isinstance(value, str) else value for key, value in entry.items()}
        return json.dumps(clean, ensure_ascii=False, default=str, separators=(",", ":"))


def set_up(level: str = "INFO") -> logging.Logger:
    """Send all logs of this process through `JsonFormatter`; returns the gateway's logger."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logger = logging.getLogger(NAME)
    logger.setLevel(level)
    logging.getLogger("uvicorn.error").setLevel(level)
    return logger
