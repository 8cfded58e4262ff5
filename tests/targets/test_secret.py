"""Secrets do not show, and the redactor finds them in every form they travel in."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import traceback
from dataclasses import asdict, dataclass
from urllib.parse import quote, quote_plus

import pytest

from seatrial.targets.secret import MASK, Redactor, Secret

CANARY = 'sk-"canary"/7f3a+9c51=ü e2'
SIMPLE = "sk-canary-7f3a9c51e2"


def test_a_secret_shows_nowhere() -> None:
    secret = Secret(SIMPLE)
    texts = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret!r:>40}",
        f"{[secret]} {dict(k=secret)}",
    ]
    assert all(SIMPLE not in text and "redacted" in text for text in texts)
    assert secret.reveal() == SIMPLE


def test_a_secret_is_refused_by_json_and_pickle() -> None:
    with pytest.raises(TypeError) as json_error:
        json.dumps({"key": Secret(SIMPLE)})
    with pytest.raises(TypeError, match="not pickled") as pickle_error:
        pickle.dumps(Secret(SIMPLE))
    assert SIMPLE not in str(json_error.value) + str(pickle_error.value)
    with pytest.raises(TypeError):
        pickle.dumps(Redactor([SIMPLE]))


def test_a_secret_survives_copies_inside_other_objects() -> None:
    @dataclass
    class Holder:
        key: Secret

    held = asdict(Holder(Secret(SIMPLE)))
    assert held["key"].reveal() == SIMPLE
    assert copy.copy(Secret("x")) == Secret("x")


def test_a_secret_cannot_be_changed_or_listed() -> None:
    secret = Secret(SIMPLE)
    with pytest.raises(AttributeError):
        secret._value = "other"
    assert not hasattr(secret, "__dict__")
    assert SIMPLE not in str(dir(secret))


def test_equality_hash_and_truth() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret(Secret("a"))}) == 1
    assert Secret("a")
    assert not Secret("")


def test_a_traceback_with_local_variables_hides_it() -> None:
    def fails(key: Secret) -> None:
        raise ValueError(f"cannot use {key}")

    try:
        fails(Secret(SIMPLE))
    except ValueError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "[redacted]" in shown
    assert 'Secret("' not in shown.replace(repr(Secret("x")), "")


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text,
        lambda text: f"Authorization: Bearer {text}",
        lambda text: json.dumps({"key": text}),
        lambda text: json.dumps({"key": text}, ensure_ascii=False),
        lambda text: json.dumps(json.dumps({"key": text})),
        lambda text: f"http://x/?key={quote(text, safe='')}",
        lambda text: f"http://x/?key={quote_plus(text)}",
        lambda text: f"http://x/?key={quote(text)}",
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
        lambda text: "Basic " + base64.b64encode(f"user:{text}".encode()).decode(),
        lambda text: "Basic " + base64.b64encode(f"me:{text}:tail".encode()).decode(),
        lambda text: "Basic " + base64.b64encode(f"x{text}".encode()).decode(),
    ],
)
@pytest.mark.parametrize("secret", [SIMPLE, CANARY])
def test_the_redactor_finds_every_form(encode, secret: str) -> None:
    text = encode(secret)
    clean = Redactor([Secret(secret)]).redact(f"before {text} after")
    assert MASK in clean
    assert clean.startswith("before ")
    assert clean.endswith(" after")
    assert "canary" not in clean
    for step in (0, 1, 2):  # nor does a decoder find it again
        core = base64.b64encode(b"\0" * step + secret.encode()).decode()[4:-4]
        assert core not in clean


def test_without_secrets_the_text_is_the_same_object() -> None:
    text = "nothing to hide"
    assert Redactor().redact(text) is text
    assert not Redactor(["", None])
    assert Redactor([SIMPLE]).redact(text) == text


def test_secrets_can_be_added_and_the_longest_goes_first() -> None:
    redactor = Redactor(["secret-key"])
    redactor.add(Secret("secret-key-longer"), None)
    assert redactor.redact("secret-key-longer, secret-key") == f"{MASK}, {MASK}"
    assert "secret" not in repr(redactor).replace("secrets", "")


def test_a_short_secret_is_replaced_only_where_it_stands_alone() -> None:
    assert Redactor(["test"]).redact("Bearer test in a latest test") == f"Bearer {MASK} in a latest {MASK}"
