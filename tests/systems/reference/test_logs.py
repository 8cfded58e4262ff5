from __future__ import annotations

import json
import logging
import sys

from seatrial.systems.reference.logs import JsonFormatter


def line(message: str, **fields: object) -> dict[str, object]:
    record = logging.LogRecord("seatrial.reference", logging.INFO, "x.py", 1, message, (), None)
    record.fields = fields
    read = json.loads(JsonFormatter().format(record))
    assert isinstance(read, dict)
    return read


def test_a_record_is_one_line_of_json_with_its_fields() -> None:
    entry = line("request", status=200, ms=1.5)
    assert entry["message"] == "request"
    assert entry["level"] == "info"
    assert (entry["status"], entry["ms"]) == (200, 1.5)
    assert str(entry["time"]).endswith("Z")


def test_keys_and_personal_data_are_masked_everywhere() -> None:
    entry = line("hello ana@example.org", prompt="my key is sk-0123456789abcdef")
    assert "ana@" not in json.dumps(entry)
    assert "sk-0123" not in json.dumps(entry)


def test_an_exception_is_told_and_masked() -> None:
    try:
        raise ValueError("bad ana@example.org")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed", (), sys.exc_info())
    entry = json.loads(JsonFormatter().format(record))
    assert "ValueError" in entry["exception"]
    assert "ana@" not in entry["exception"]
