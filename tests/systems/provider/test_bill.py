from __future__ import annotations

from seatrial.systems.provider.bill import Bill
from seatrial.systems.reference.providers.base import End

END = End("stop", 7, 5)


def begin(bill: Bill, body: bytes = b"{}", key: str | None = None) -> bool:
    return bill.begin(body, model="small", tenant="a", key=key)


def test_a_generation_is_charged_for() -> None:
    bill = Bill()
    bill.end(END, charged=begin(bill))
    told = bill.show()
    assert (told["generations"], told["completed"], told["abandoned"]) == (1, 1, 0)
    assert told["tokens"] == {"prompt": 7, "completion": 5}
    assert (told["models"], told["tenants"]) == ({"small": 1}, {"a": 1})


def test_the_same_key_is_charged_for_once() -> None:
    bill = Bill()
    for _ in range(3):
        bill.end(END, charged=begin(bill, key="k"))
    told = bill.show()
    assert (told["generations"], told["completed"], told["repeats"], told["duplicates"]) == (1, 1, 2, 0)


def test_the_same_body_without_a_key_is_charged_for_twice_and_told() -> None:
    bill = Bill()
    assert begin(bill)
    assert begin(bill)
    assert begin(bill, b"[]")
    assert bill.show()["duplicates"] == 1


def test_what_a_caller_gave_up_was_generated_all_the_same() -> None:
    bill = Bill()
    bill.end(None, charged=begin(bill))
    told = bill.show()
    assert (told["generations"], told["completed"], told["abandoned"]) == (1, 0, 1)
