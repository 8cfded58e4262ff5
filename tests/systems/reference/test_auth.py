from __future__ import annotations

import pytest

from seatrial.systems.reference.auth import ANONYMOUS, Keys
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import ApiError

KEYS = Keys(("sk-one", "sk-two"), Defects())


@pytest.mark.parametrize("header", ["Bearer sk-one", "bearer  sk-two "])
def test_a_known_key_is_let_in_under_a_name_that_does_not_reveal_it(header: str) -> None:
    caller = KEYS.caller(header)
    assert caller.startswith("key-")
    assert "sk-" not in caller


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic sk-one", "Bearer sk-on", "Bearer sk-onee"]
)
def test_everything_else_is_refused_without_an_echo(header: str | None) -> None:
    with pytest.raises(ApiError) as error:
        KEYS.caller(header)
    assert error.value.status == 401
    assert error.value.code == "invalid_api_key"
    assert "sk-" not in error.value.message


def test_without_keys_the_gateway_is_open() -> None:
    assert Keys((), Defects()).caller(None) == ANONYMOUS
