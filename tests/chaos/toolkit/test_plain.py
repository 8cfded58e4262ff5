"""Journals and logs hold no secret, and nothing that is no JSON."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from seatrial.chaos.toolkit.plain import Quiet, clean
from seatrial.targets.secret import Redactor

SECRET = "sk-very-secret"
HIDE = Redactor([SECRET])


def test_everything_becomes_json() -> None:
    odd = {
        1: {1},
        "at": datetime(2026, 11, 20),
        "money": Decimal("1.5"),
        "id": UUID(int=1),
        "nan": float("nan"),
        "bytes": b"ab\xff",
        "other": object,
        "plain": (None, True, 1, 1.5, "text"),
    }
    read = json.loads(json.dumps(clean(odd, str), allow_nan=False))
    assert read["1"] == [1]
    assert read["at"] == "2026-11-20T00:00:00"
    assert (read["money"], read["nan"], read["bytes"]) == ("1.5", None, "ab�")
    assert read["plain"] == [None, True, 1, 1.5, "text"]
    assert "object" in read["other"]


def test_secrets_are_redacted_in_keys_values_and_bytes() -> None:
    tree = {SECRET: [f"Bearer {SECRET}", {"deep": SECRET.encode()}], "safe": "text"}
    told = json.dumps(clean(tree, HIDE.redact))
    assert SECRET not in told
    assert "safe" in told


def test_the_journal_itself_is_left_as_it_was() -> None:
    tree = {"key": [SECRET]}
    clean(tree, HIDE.redact)
    assert tree == {"key": [SECRET]}


def test_a_log_hides_secrets_in_messages_arguments_and_tracebacks() -> None:
    def record(exc: bool) -> str:
        try:
            raise ValueError(f"refused {SECRET}")
        except ValueError as error:
            info = (type(error), error, error.__traceback__) if exc else None
            made = logging.LogRecord("chaostoolkit", 10, __file__, 1, "sent %s", (SECRET,), info)
        assert Quiet(HIDE).filter(made)
        return logging.Formatter().format(made)

    assert SECRET not in record(exc=False)
    assert SECRET not in record(exc=True)
    assert "ValueError" in record(exc=True)
