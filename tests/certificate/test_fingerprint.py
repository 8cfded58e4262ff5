from __future__ import annotations

import hashlib
import json
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from seatrial.certificate.fingerprint import (
    PROBES,
    answered,
    canonical,
    diff,
    digest,
    public_uri,
    sample,
    tls_key_of,
)
from seatrial.core.exchange import ErrorKind, Exchange, Raw


class Target:
    """A target without a network: every answer has a new id, time and request id, as real ones do."""

    def __init__(
        self, uri: str = "http://127.0.0.1:8000/v1", protocol: str = "openai-chat", **more: Any
    ) -> None:
        self.config = SimpleNamespace(uri=uri, protocol=protocol, model="small")
        self.down = False
        self.trouble: list[ErrorKind] = []
        self.reported = more.pop("reported", "small-2026")
        self.system_fingerprint = more.pop("system_fingerprint", "fp_1")
        self.server = more.pop("server", "gateway/1.2")
        self.models: Any = more.pop("models", [{"id": "small", "object": "model", "owned_by": "us"}])
        self.version: Any = more.pop("version", {"version": "1.2", "uptime": 1, "build_commit": "abc"})
        self.asked: list[str] = []
        self._count = 0

    def _exchange(self, body: Any, status: int = 200) -> Exchange:
        self._count += 1
        headers = (
            ("server", self.server),
            ("date", f"day {self._count}"),
            ("x-request-id", str(self._count)),
        )
        raw = Raw(headers, body if isinstance(body, bytes) else json.dumps(body).encode())
        return Exchange(0, 0.0, 0.0, 1.0, status=status, raw=raw)

    def send(self, prompt: str, /) -> Exchange:
        self.asked.append(prompt)
        if self.down or self.trouble:
            return Exchange(0, 0.0, 0.0, 1.0, error=self.trouble.pop() if self.trouble else ErrorKind.CONNECT)
        answer = self._exchange({"id": self._count, "created": self._count})
        return answer._replace(model=self.reported, system_fingerprint=self.system_fingerprint)

    def get(self, path: str, /) -> Exchange:
        self.asked.append(path)
        if self.down:
            return Exchange(0, 0.0, 0.0, 1.0, error=ErrorKind.CONNECT)
        if path == "/v1/models":
            listed = self.models
            if isinstance(listed, list):
                listed = {"data": [{**model, "created": self._count} for model in listed]}
            return self._exchange(listed)
        if path == "/version" and self.version is not None:
            return self._exchange(self.version)
        return self._exchange({"error": "not found"}, 404)


def test_a_target_that_stays_the_same_keeps_its_fingerprint() -> None:
    target = Target()
    before, after = sample(target), sample(target)
    assert digest(before) == digest(after)
    assert diff(before, after) == []
    assert answered(before)


def test_the_facts() -> None:
    assert sample(Target()) == {
        "schema": "seatrial.fingerprint/1",
        "uri": "http://127.0.0.1:8000/v1",
        "protocol": "openai-chat",
        "model": "small",
        "answered": True,
        "reported_models": ["small-2026"],
        "system_fingerprint": ["fp_1"],
        "headers": {"server": ["gateway/1.2"]},
        "models": [{"id": "small", "owned_by": "us"}],
        "version": {"version": "1.2", "build_commit": "abc"},
        "tls_key": None,
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reported": "other"}, "reported_models"),
        ({"system_fingerprint": "fp_2"}, "system_fingerprint"),
        ({"server": "gateway/1.3"}, "headers.server"),
        ({"models": [{"id": "small"}, {"id": "new"}]}, "models"),
        ({"models": [{"id": "small", "owned_by": "us", "meta": {"n_params": 7}}]}, "models"),
        ({"version": {"version": "1.3", "build_commit": "abc"}}, "version.version"),
        ({"version": None}, "version"),
        ({"uri": "http://127.0.0.1:8001/v1"}, "uri"),
    ],
)
def test_a_target_that_changed_is_seen_and_named(change: dict[str, Any], field: str) -> None:
    before, after = sample(Target()), sample(Target(**change))
    assert digest(before) != digest(after)
    assert diff(before, after) == [field]


def test_what_the_policy_ignores_is_left_out() -> None:
    ignore = ["system_fingerprint", "answered"]
    before = sample(Target(), ignore=ignore)
    after = sample(Target(system_fingerprint="fp_2"), ignore=ignore)
    assert digest(before) == digest(after)
    assert "system_fingerprint" not in before
    assert before["answered"] is True  # never to be ignored


def test_two_silences_are_not_one_identity() -> None:
    target = Target()
    target.down = True
    facts = sample(target)
    assert not answered(facts)
    assert digest(facts) != digest(sample(Target()))
    assert not answered({})


def test_it_sends_few_requests() -> None:
    target = Target()
    sample(target)
    assert len(target.asked) == PROBES + 2


@pytest.mark.parametrize(
    ("kind", "sent"), [(ErrorKind.TIMEOUT_FIRST_BYTE, 1), (ErrorKind.HTTP_STATUS, PROBES)]
)
def test_a_target_that_hangs_is_not_waited_for_again(kind: ErrorKind, sent: int) -> None:
    target = Target()
    target.trouble = [kind] * PROBES
    assert not answered(sample(target))
    assert len([asked for asked in target.asked if not asked.startswith("/")]) == sent


def test_one_failed_probe_is_not_a_change() -> None:
    target = Target()
    before = sample(target)
    target.trouble = [ErrorKind.HTTP_STATUS]
    assert diff(before, sample(target)) == []


def test_the_order_of_a_model_list_does_not_matter() -> None:
    models = [{"id": "b"}, {"id": "a"}]
    assert digest(sample(Target(models=models))) == digest(sample(Target(models=models[::-1])))


@pytest.mark.parametrize(
    "listed",
    [
        b"<html>hello</html>",
        b"[" * 100_000,
        b'{"data": 7}',
        b'{"data": [1, null, "x"]}',
        b'{"data": [{"id": {"deep": [1]}, "meta": [1]}]}',
        b'{"data": [{"id": "a", "meta": {"x": 1e999, "y": NaN}}]}',
        b"[]",
        b"\xff",
        b"",
    ],
)
def test_a_model_list_can_be_anything(listed: bytes) -> None:
    facts = sample(Target(models=listed, version=listed))
    assert digest(facts) == digest(sample(Target(models=listed, version=listed)))


def test_other_protocols_are_not_asked_for_a_model_list() -> None:
    target = Target(protocol="http-json")
    assert sample(target)["models"] is None
    assert "/v1/models" not in target.asked


def test_the_tls_key_is_part_of_it() -> None:
    target = Target("https://bot.example.test/v1")
    asked: list[tuple[str, int]] = []

    def key(host: str, port: int) -> str:
        asked.append((host, port))
        return "sha256:1"

    before = sample(target, tls_key=key)
    after = sample(target, tls_key=lambda host, port: "sha256:2")
    assert asked == [("bot.example.test", 443)]
    assert diff(before, after) == ["tls_key"]


def test_a_renewed_certificate_over_the_same_key_is_the_same_server(tmp_path: Path) -> None:
    key, renewed = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    first, again, other = (shown(tmp_path / str(n), key) for n, key in enumerate((key, key, renewed)))
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert first == again == "sha256:" + hashlib.sha256(spki).hexdigest()
    assert other != first


def shown(folder: Path, key: ec.EllipticCurvePrivateKey) -> str | None:
    """What `tls_key_of` finds at a server with a fresh certificate over *key*."""
    folder.mkdir()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bot.example.test")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(x509.random_serial_number()).not_valid_before(begin)
    certificate = built.not_valid_after(begin + timedelta(days=1)).sign(
        key, hashes.SHA256()
    )  # expired long ago
    (folder / "key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "cert").write_bytes(certificate.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert", folder / "key")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=greet, args=(listener, context))
        server.start()
        found = tls_key_of("127.0.0.1", listener.getsockname()[1])
        server.join()
    return found


def greet(listener: socket.socket, context: ssl.SSLContext) -> None:
    plain, _ = listener.accept()
    with plain, context.wrap_socket(plain, server_side=True) as secured:
        secured.recv(1)


def test_a_tls_server_that_is_not_there_has_no_key() -> None:
    assert tls_key_of("127.0.0.1", 1, timeout=2.0) is None


def test_no_secret_of_an_address_is_kept() -> None:
    uri = "https://user:canary@bot.example.test:8443/v1?key=canary#canary"
    assert public_uri(uri) == "https://bot.example.test:8443/v1"
    assert public_uri("http://[::1]:80/v1") == "http://[::1]:80/v1"
    facts = sample(Target(uri), tls_key=lambda host, port: None)
    assert b"canary" not in canonical(facts)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_one_set_of_facts_has_one_spelling(facts: dict[str, Any]) -> None:
    shuffled = dict(reversed(facts.items()))
    assert canonical(facts) == canonical(shuffled)
    assert json.loads(canonical(facts).decode()) == facts
    assert digest(facts).startswith("sha256:")


@pytest.mark.parametrize(
    "facts", [{"a": float("nan")}, {"a": float("inf")}, {1: "a"}, {"a": [{2: 1}]}, {"a": {1}}]
)
def test_what_has_no_spelling(facts: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical(facts)
