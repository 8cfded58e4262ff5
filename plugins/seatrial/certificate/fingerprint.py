"""The fingerprint of a target: what a black box shows of who it is, before and after the run.

An endpoint has no digest of its own, so a certificate names it by the SHA-256 of these facts in canonical
JSON. Only what stays the same from one request to the next belongs here: `sample` picks fields that are
known to be stable and leaves out everything else (``created``, request ids, dates, load figures), since a
healthy target must not seem to change.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection
from typing import Any, Protocol
from urllib.parse import urlsplit

from seatrial.core.exchange import ErrorKind, Exchange
from seatrial.core.journal import finite

Facts = dict[str, Any]

SCHEMA = "seatrial.fingerprint/1"
PROBES = 3
_PROMPT = "Reply with one word."
_MAX_MODELS = 1000
_MAX_TEXT = 200

# Response headers that name a product or its version. None of them changes with the request.
_HEADERS = (
    "server",
    "x-powered-by",
    "x-litellm-version",
    "x-app-version",
    "x-model-version",
    "openai-version",
)
# What a model list says about a model that stays as long as the same model is deployed.
_MODEL_FIELDS = ("id", "owned_by", "root", "parent", "version", "digest", "quantization", "max_model_len")
_HANGS = (ErrorKind.CONNECT, ErrorKind.TIMEOUT_FIRST_BYTE, ErrorKind.TIMEOUT_IDLE, ErrorKind.TIMEOUT_TOTAL)
_VERSION_FIELD = re.compile(r"(?i).*(version|build|commit|revision|sha|release|digest|name).*")
_MODEL_LISTS = {"openai-chat": "/models", "anthropic-messages": "/models"}


class Address(Protocol):
    """The part of a target's settings that a fingerprint needs."""

    @property
    def uri(self) -> str:
        """Where it is."""

    @property
    def protocol(self) -> str:
        """The wire protocol's name, such as ``openai-chat``."""

    @property
    def model(self) -> str | None:
        """The model that the policy asks it for."""


class Probe(Protocol):
    """The part of a target that a fingerprint needs: `seatrial.targets.target.Target` is one."""

    @property
    def config(self) -> Address:
        """Its settings."""

    def send(self, prompt: str, /) -> Exchange:
        """Ask it something; the exchange carries its `raw` view."""

    def get(self, path: str, /) -> Exchange:
        """GET a path of the same origin; the exchange carries its `raw` view."""


def sample(
    target: Probe,
    *,
    ignore: Collection[str] = (),
    probes: int = PROBES,
    tls_key: Callable[[str, int], str | None] | None = None,
) -> Facts:
    """Ask a target who it is.

    Args:
        target: what is asked, over its own wire protocol.
        ignore: facts that may differ from one moment to the next where the policy says so, such as
            ``system_fingerprint``; they are left out.
        probes: how many small prompts to send; the answers' models and fingerprints are collected.
        tls_key: finds the hash of a host's and port's TLS key; by default by connecting to it.

    Returns:
        The facts. ``answered`` counts no failures: it is False where no probe got an answer, and such facts
        match nothing (see `answered`).
    """
    address = target.config
    parts = urlsplit(address.uri)
    good = _answers(target, probes)
    facts: Facts = {
        "schema": SCHEMA,
        "uri": public_uri(address.uri),
        "protocol": address.protocol,
        "model": address.model,
        "answered": bool(good),
        "reported_models": _named(answer.model for answer in good),
        "system_fingerprint": _named(answer.system_fingerprint for answer in good),
        "headers": _headers(good),
        "models": _models(target, parts.path.rstrip("/")),
        "version": _version(target),
        "tls_key": None,
    }
    if parts.scheme == "https" and parts.hostname:
        facts["tls_key"] = (tls_key or tls_key_of)(parts.hostname, parts.port or 443)
    return {name: fact for name, fact in facts.items() if name == "answered" or name not in ignore}


def canonical(facts: Facts) -> bytes:
    """The facts in the one spelling that is hashed: sorted keys, no white space, UTF-8.

    Raises:
        ValueError: a number is not finite.
        TypeError: a value is not JSON, or a key is not text.
    """
    _refuse_other_keys(facts)
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace")


def digest(facts: Facts) -> str:
    """``sha256:…`` of the canonical facts: the name of the target in a certificate."""
    return "sha256:" + hashlib.sha256(canonical(facts)).hexdigest()


def diff(before: Facts, after: Facts) -> list[str]:
    """The facts that differ, as dotted names in order, for example ``["headers.server", "models"]``."""
    return sorted(_differences(before, after, ""))


def answered(facts: Facts) -> bool:
    """Whether the target gave any answer: two silences are not one identity."""
    return facts.get("answered") is True


def public_uri(uri: str) -> str:
    """*uri* without user, password, query and fragment: any of them may hold a secret."""
    parts = urlsplit(uri)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}"


def tls_key_of(host: str, port: int, timeout: float = 10.0) -> str | None:
    """SHA-256 of the public key (SPKI, DER) that a TLS server shows, or None where it shows none.

    The certificate is not judged here, only named: the client that measures checks the chain, and a renewed
    certificate over the same key is the same server.
    """
    import socket
    import ssl

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_der_x509_certificate

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), timeout=timeout) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            shown = secured.getpeercert(binary_form=True)
        if not shown:
            return None
        key = load_der_x509_certificate(shown).public_key()
    except (OSError, ValueError):
        return None
    return (
        "sha256:"
        + hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    )


def _answers(target: Probe, probes: int) -> list[Exchange]:
    """The good answers to a few small prompts; a target that hangs is not waited for a second time."""
    good: list[Exchange] = []
    for _ in range(max(1, probes)):
        answer = target.send(_PROMPT)
        if answer.ok:
            good.append(answer)
        elif answer.error in _HANGS:
            break
    return good


def _named(values: Any) -> list[str]:
    return sorted({str(value)[:_MAX_TEXT] for value in values if value})


def _headers(answers: list[Exchange]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = {}
    for answer in answers:
        for name in _HEADERS:
            value = answer.raw.header(name) if answer.raw else None
            if value:
                found.setdefault(name, set()).add(value[:_MAX_TEXT])
    return {name: sorted(values) for name, values in found.items()}


def _models(target: Probe, base: str) -> list[Any] | None:
    path = _MODEL_LISTS.get(target.config.protocol)
    body = _json(target.get(base + path)) if path else None
    listed = body.get("data") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        return None
    models = [_model(entry) for entry in listed[:_MAX_MODELS] if isinstance(entry, dict)]
    return sorted(models, key=lambda model: json.dumps(model, sort_keys=True))


def _model(entry: dict[str, Any]) -> dict[str, Any]:
    model = _scalars({name: entry.get(name) for name in _MODEL_FIELDS})
    if isinstance(entry.get("meta"), dict):  # llama.cpp: parameters, size and vocabulary of the weights
        model["meta"] = _scalars(entry["meta"])
    return model


def _scalars(fields: dict[str, Any]) -> dict[str, Any]:
    """The flat, finite part of what a target told: nothing it nests can hurt the one spelling."""
    cut = {name: value[:_MAX_TEXT] if isinstance(value, str) else value for name, value in fields.items()}
    return {name: value for name, value in finite(cut).items() if isinstance(value, str | int | float)}


def _version(target: Probe) -> dict[str, Any] | None:
    body = _json(target.get("/version"))
    if not isinstance(body, dict):
        return None
    told = _scalars({name: value for name, value in body.items() if _VERSION_FIELD.fullmatch(name)})
    return told or None


def _json(exchange: Exchange) -> Any:
    if exchange.status != 200 or exchange.raw is None:
        return None
    try:
        return json.loads(exchange.raw.body, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def _differences(before: Any, after: Any, name: str) -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        found: list[str] = []
        for key in {*before, *after}:
            inner = f"{name}.{key}" if name else str(key)
            found += _differences(before.get(key), after.get(key), inner)
        return found
    return [] if before == after else [name or "everything"]


def _refuse_other_keys(value: Any) -> None:
    # json.dumps would spell {1: …} and {"1": …} alike: two facts, one digest.
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a fact's name must be text, and {key!r} is not")
            _refuse_other_keys(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_other_keys(item)
