"""Keys and personal data do not belong in a log."""

from __future__ import annotations

import re

_RULES = (
    (re.compile(r"(?i)\bbearer\s+\S+"), "Bearer [key]"),
    (re.compile(r"\b(?:sk|pk|key|ghp|xox[abp])[-_][A-Za-z0-9_-]{8,}"), "[key]"),
    (re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "[email]"),
    (re.compile(r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b"), "[cpf]"),
    (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"), "[iban]"),
    (re.compile(r"\b(?:\d[ -]?){13,19}\b"), "[card]"),
    (re.compile(r"(?<![\w.])\+?\d[\d ()/-]{7,}\d(?!\w)"), "[phone]"),
)


def masked(text: str) -> str:
    """*text* with API keys, e-mail addresses, card, bank, tax and phone numbers replaced by their kind."""
    for rule, kind in _RULES:
        text = rule.sub(kind, text)
    return text
