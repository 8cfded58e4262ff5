from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.exchange import ErrorKind
from seatrial.faults.authority import Authority
from seatrial.targets.config import Tls
from tests.faults.ai.observed import observe


@pytest.mark.parametrize(
    ("how", "said"),
    [("expired", "has expired"), ("not_yet_valid", "not yet valid"), ("wrong_name", "mismatch")],
)
def test_who_trusts_the_authority_is_told_what_is_wrong(how: str, said: str, tmp_path: Path) -> None:
    authority = Authority.make()
    authority.save(tmp_path / "ca.pem")
    seen = observe(
        ("tls.expired", {"how": how, "ca_file": str(tmp_path / "ca.pem")}),
        scheme="https",
        target={"tls": Tls(ca_file=str(tmp_path / "ca.pem"))},
    )
    assert seen.exchange.error is ErrorKind.TLS
    assert said in seen.exchange.detail
    assert seen.hits == 1


def test_without_an_authority_it_is_an_unknown_one() -> None:
    seen = observe(("tls.expired", {}), scheme="https")
    assert seen.exchange.error is ErrorKind.TLS


def test_with_toxicity_0_no_tls_is_spoken() -> None:
    seen = observe(("tls.expired", {"toxicity": 0.0}))
    assert (seen.exchange.ok, seen.hits) == (True, 0)
