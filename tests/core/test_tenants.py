from __future__ import annotations

import numpy as np

from seatrial.core.tenants import Tenants, Told


def test_every_round_holds_each_tenant_as_often_as_its_weight() -> None:
    tenants = Tenants(["a", "b", "c"], [1, 2, 1], "steady")
    rounds = tenants.of(0, 4000).reshape(-1, 4)
    assert (np.sort(rounds, axis=1) == [0, 1, 1, 2]).all()
    assert len({tuple(each) for each in rounds.tolist()}) == 12, "in every order"


def test_the_order_belongs_to_the_traffic_and_not_to_a_run() -> None:
    first, again = (Tenants(["a", "b"], [1, 1], "steady") for _ in range(2))
    assert (first.of(0, 500) == again.of(0, 500)).all()
    assert (first.of(0, 500) != Tenants(["a", "b"], [1, 1], "other").of(0, 500)).any()
    assert [again.sender(index) for index in range(500, 520)] == first.of(500, 520).tolist()
    assert Tenants(["a", "b"], [1, 1], "steady").sender(9000) == first.sender(9000)
    assert len(first) == 2


def test_what_was_told_is_who_sent_it() -> None:
    told = Told.like(Tenants(["a", "b", "c"], [1, 2, 1], "steady"))
    assert told is not None
    assert (told.names, told.weights, told.block) == (("a", "b", "c"), (1, 2, 1), 4)
    assert told.of(0, 0).tolist() == []
    told.tell(np.asarray([2, 0]))
    told.tell(np.asarray([1]))
    assert told.of(0, 3).tolist() == [2, 0, 1]
    assert told.of(1, 9).tolist() == [0, 1]
    assert Told.like(None) is None
    many = Told([f"t{number}" for number in range(300)], [1] * 300, "")
    many.tell(np.asarray([299]))
    assert many.of(0, 1).tolist() == [299]
