from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.certificate.envelope import (
    MAX_BYTES,
    PAYLOAD_TYPE,
    cosign,
    parse,
    read_bounded,
    seal,
    strict_json,
    unseal,
    write_atomic,
)
from seatrial.certificate.keys import KeyPair, load_private, load_public
from seatrial.certificate.refusal import Reason, Refused
from seatrial.core.errors import HarnessError, UsageError

PAYLOAD = b'{"b": 1,\n "a": "\xc3\xa9"}'


def refused(data: bytes, *keys: KeyPair, threshold: int = 1) -> Refused:
    with pytest.raises(Refused) as caught:
        unseal(data, [load_public(key.public) for key in keys], threshold=threshold)
    return caught.value


def opened(data: bytes, *keys: KeyPair, threshold: int = 1) -> Any:
    return unseal(data, [load_public(key.public) for key in keys], threshold=threshold)


def edited(data: bytes, **changes: Any) -> bytes:
    return (json.dumps(json.loads(data) | changes, separators=(",", ":")) + "\n").encode()


def test_what_was_sealed_comes_out_byte_for_byte(pair: KeyPair) -> None:
    found = opened(seal(PAYLOAD, [load_private(pair.private)]), pair)
    assert found.payload == PAYLOAD
    assert found.keyids == (pair.keyid,)


def test_it_is_the_dsse_of_the_specification(pair: KeyPair) -> None:
    fields = json.loads(seal(b"hello", [load_private(pair.private)]))
    assert fields["payloadType"] == PAYLOAD_TYPE
    assert base64.b64decode(fields["payload"]) == b"hello"
    signature = base64.b64decode(fields["signatures"][0]["sig"])
    authenticated = b"DSSEv1 28 application/vnd.in-toto+json 5 hello"
    key = load_public(pair.public)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"])).verify(signature, authenticated)


def test_the_key_id_is_a_name_and_not_trusted(pair: KeyPair, other: KeyPair) -> None:
    data = seal(PAYLOAD, [load_private(other.private)])
    fields = json.loads(data)
    claimed = edited(data, signatures=[{**fields["signatures"][0], "keyid": pair.keyid}])
    assert refused(claimed, pair).reason is Reason.BAD_SIGNATURE
    unnamed = edited(data, signatures=[{**fields["signatures"][0], "keyid": ""}])
    assert opened(unnamed, other).keyids == (other.keyid,)
    assert refused(unnamed, pair).reason is Reason.BAD_SIGNATURE


def test_a_true_signature_under_another_id_is_refused(pair: KeyPair, other: KeyPair) -> None:
    data = seal(PAYLOAD, [load_private(pair.private)])
    claimed = edited(data, signatures=[{**json.loads(data)["signatures"][0], "keyid": other.keyid}])
    assert refused(claimed, pair, other).reason is Reason.BAD_SIGNATURE


def test_a_key_that_was_not_given(pair: KeyPair, other: KeyPair) -> None:
    refusal = refused(seal(PAYLOAD, [load_private(pair.private)]), other)
    assert refusal.reason is Reason.WRONG_KEY
    assert pair.keyid[:16] in refusal.what


def test_another_payload_under_the_signature(pair: KeyPair) -> None:
    data = edited(seal(PAYLOAD, [load_private(pair.private)]), payload=base64.b64encode(b"{}").decode())
    assert refused(data, pair).reason is Reason.BAD_SIGNATURE


def test_another_payload_type(pair: KeyPair) -> None:
    data = edited(seal(PAYLOAD, [load_private(pair.private)]), payloadType="application/json")
    assert refused(data, pair).reason is Reason.PAYLOAD_TYPE


class TestThreshold:
    def test_two_of_two(self, pair: KeyPair, other: KeyPair) -> None:
        data = seal(PAYLOAD, [load_private(pair.private), load_private(other.private)])
        assert opened(data, pair, other, threshold=2).keyids == (pair.keyid, other.keyid)
        assert opened(data, pair, other, threshold=1).keyids == (pair.keyid, other.keyid)

    def test_one_of_two_is_too_few(self, pair: KeyPair, other: KeyPair) -> None:
        data = seal(PAYLOAD, [load_private(pair.private)])
        assert opened(data, pair, other).keyids == (pair.keyid,)
        assert refused(data, pair, other, threshold=2).reason is Reason.TOO_FEW_SIGNATURES

    def test_one_key_that_signed_twice_counts_once(self, pair: KeyPair, other: KeyPair) -> None:
        data = seal(PAYLOAD, [load_private(pair.private)])
        one = json.loads(data)["signatures"][0]
        twice = edited(data, signatures=[one, {**one, "keyid": ""}])
        assert refused(twice, pair, other, threshold=2).reason is Reason.TOO_FEW_SIGNATURES
        assert refused(edited(data, signatures=[one, one]), pair).reason is Reason.MALFORMED

    def test_a_signature_nobody_can_vouch_for_is_refused(self, pair: KeyPair, other: KeyPair) -> None:
        data = seal(PAYLOAD, [load_private(pair.private), load_private(other.private)])
        assert refused(data, pair).reason is Reason.WRONG_KEY

    @pytest.mark.parametrize("threshold", [0, -1, 2])
    def test_a_threshold_that_cannot_be_met(self, pair: KeyPair, threshold: int) -> None:
        data = seal(PAYLOAD, [load_private(pair.private)])
        with pytest.raises(UsageError, match="signatures are demanded"):
            opened(data, pair, pair, threshold=threshold)

    def test_no_key_at_all(self, pair: KeyPair) -> None:
        with pytest.raises(UsageError, match="0 different keys"):
            opened(seal(PAYLOAD, [load_private(pair.private)]))


class TestCosign:
    def test_a_second_signature_is_added(self, pair: KeyPair, other: KeyPair, tmp_path: Path) -> None:
        path = tmp_path / "c.json"
        path.write_bytes(seal(PAYLOAD, [load_private(pair.private)]))
        cosign(path, load_private(other.private), [load_public(pair.public)])
        assert opened(path.read_bytes(), pair, other, threshold=2).payload == PAYLOAD

    def test_not_twice_by_one_key(self, pair: KeyPair, tmp_path: Path) -> None:
        path = tmp_path / "c.json"
        path.write_bytes(seal(PAYLOAD, [load_private(pair.private)]))
        with pytest.raises(UsageError, match="signed it already"):
            cosign(path, load_private(pair.private), [load_public(pair.public)])

    def test_not_what_does_not_verify(self, pair: KeyPair, other: KeyPair, tmp_path: Path) -> None:
        path = tmp_path / "c.json"
        path.write_bytes(seal(PAYLOAD, [load_private(pair.private)]))
        with pytest.raises(Refused):
            cosign(path, load_private(other.private), [load_public(other.public)])
        assert opened(path.read_bytes(), pair)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"null\n",
        b"[]\n",
        b"{}\n",
        b"not json",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}\n",
        b"[" * 100_000,
        b'{"payload":"","payloadType":"application/vnd.in-toto+json"}\n',
        b'{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[]}\n',
        b'{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":{}}\n',
        b'{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[1]}\n',
        b'{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"","sig":"AAAA"}]}\n',
        b'{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":1,"sig":"AAAA"}]}\n',
        b'{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[{"keyid":"","sig":"*"}]}\n',
        b'{"payload":1,"payloadType":"application/vnd.in-toto+json","signatures":[]}\n',
        b'{"payload":"\xc3\xa9","payloadType":"application/vnd.in-toto+json","signatures":[]}\n',
        b'{"payload":"","payloadType":7,"signatures":[]}\n',
        b'{"payload":NaN,"payloadType":"x","signatures":[]}\n',
        b'{"payload":' + b"9" * 5000 + b"}\n",
    ],
)
def test_what_is_no_envelope(pair: KeyPair, data: bytes) -> None:
    assert refused(data, pair).reason is Reason.MALFORMED


def test_a_file_of_gigabytes_is_not_read_whole(pair: KeyPair, tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(3 * 1024**3)  # sparse
    data = read_bounded(path)
    assert len(data) == MAX_BYTES + 1
    assert refused(data, pair).reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b'{"', b'{ "', 1),
        lambda data: data.rstrip(b"\n"),
        lambda data: data + b"\n",
        lambda data: data.replace(b"payloadType", b"payload\\u0054ype", 1),
        lambda data: data.replace(b'{"payload":', b'{"payload":"e30=","payload":', 1),
        lambda data: (
            json.dumps(dict(reversed(json.loads(data).items())), separators=(",", ":")).encode() + b"\n"
        ),
        lambda data: edited(data, extra=1),
        lambda data: json.dumps(json.loads(data), indent=2).encode(),
    ],
)
def test_another_spelling_of_the_same_envelope_is_refused(pair: KeyPair, change: Any) -> None:
    data = seal(PAYLOAD, [load_private(pair.private)])
    assert change(data) != data
    assert refused(change(data), pair).reason is Reason.MALFORMED


def test_spare_bits_of_base64_are_refused(pair: KeyPair) -> None:
    data = seal(b"a", [load_private(pair.private)])
    spare = data.replace(b'"YQ=="', b'"YR=="', 1)  # decodes to the same byte
    assert spare != data
    assert refused(spare, pair).reason is Reason.MALFORMED


def test_every_flip_of_every_bit_is_refused(pair: KeyPair) -> None:
    data = seal(b'{"a":1}', [load_private(pair.private)])
    keys = [load_public(pair.public)]
    for position in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[position] ^= 1 << bit
            with pytest.raises(Refused):
                unseal(bytes(changed), keys)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_input_is_taken_for_an_envelope_or_breaks_the_reader(data: bytes) -> None:
    with pytest.raises(Refused):
        parse(data)


@settings(max_examples=150, deadline=None)
@given(payload=st.binary(max_size=2000), data=st.data())
def test_any_cut_insertion_or_replacement_is_refused(
    pair: KeyPair, payload: bytes, data: st.DataObject
) -> None:
    whole = seal(payload, [load_private(pair.private)])
    start = data.draw(st.integers(0, len(whole)))
    stop = data.draw(st.integers(start, min(len(whole), start + 8)))
    changed = whole[:start] + data.draw(st.binary(max_size=8)) + whole[stop:]
    keys = [load_public(pair.public)]
    if changed == whole:
        assert unseal(changed, keys).payload == payload
    else:
        with pytest.raises(Refused):
            unseal(changed, keys)


@pytest.mark.parametrize("text", [b'{"a":1,"a":1}', b'{"a":{"b":1,"b":2}}', b"NaN", b"-Infinity", b'"\xff"'])
def test_json_with_more_than_one_meaning(text: bytes) -> None:
    with pytest.raises(Refused):
        strict_json(text)


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_bytes(b"old")
    assert write_atomic(path, b"new").read_bytes() == b"new"
    with pytest.raises(HarnessError, match="cannot be written"):
        write_atomic(tmp_path / "nowhere" / "c.json", b"new")
    (tmp_path / "folder").mkdir()
    with pytest.raises(HarnessError):
        write_atomic(tmp_path / "folder", b"new")
    assert sorted(left.name for left in tmp_path.iterdir()) == ["c.json", "folder"]


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_bounded(tmp_path / "none")
