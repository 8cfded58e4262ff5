from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from seatrial.systems.reference.breaker import State
from seatrial.systems.reference.chat_request import ChatRequest
from seatrial.systems.reference.defects import Defects
from seatrial.systems.reference.errors import ApiError
from seatrial.systems.reference.metrics import Metrics
from seatrial.systems.reference.providers.base import (
    NO_TAG,
    End,
    Event,
    Failure,
    Piece,
    ProviderError,
    Tag,
)
from seatrial.systems.reference.router import Router
from seatrial.systems.reference.settings import Settings
from seatrial.systems.reference.visit import Route
from tests.systems.reference.asgi import no_pauses
from tests.systems.reference.test_model import ask


@dataclass
class Scripted:
    """A provider that does what it is told, call by call; the last script is repeated."""

    name: str
    scripts: Sequence[Sequence[Event | ProviderError]]
    calls: int = 0
    closed: bool = field(default=False)

    async def generate(self, ask: ChatRequest, tag: Tag = NO_TAG) -> AsyncGenerator[Event, None]:
        script = self.scripts[min(self.calls, len(self.scripts) - 1)]
        self.calls += 1
        for step in script:
            if isinstance(step, ProviderError):
                raise step
            yield step

    async def close(self) -> None:
        self.closed = True


def good(text: str) -> list[Event | ProviderError]:
    return [Piece(text), End("stop", 1, 1)]


def fails(failure: Failure, *before: Event, retry_after: float | None = None) -> list[Event | ProviderError]:
    return [*before, ProviderError(failure, "any", retry_after=retry_after)]


def router(*providers: Scripted, defects: Sequence[str] = ()) -> Router:
    return Router(providers, Settings(), Defects(defects), Metrics())


def answer(by: Router, **fields: Any) -> tuple[str, Route]:
    """The answer's text and how it came about."""
    route = Route()

    async def main() -> str:
        events = [event async for event in by.generate(ask(**fields), route)]
        assert isinstance(events[-1], End)
        return "".join(event.text for event in events if isinstance(event, Piece))

    with no_pauses():
        return asyncio.run(main()), route


def error(by: Router, **fields: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        answer(by, **fields)
    return caught.value


def test_the_first_provider_answers() -> None:
    first, second = Scripted("first", [good("a")]), Scripted("second", [good("b")])
    assert answer(router(first, second)) == ("a", Route("first", 1))
    assert second.calls == 0


@pytest.mark.parametrize("failure", [Failure.UNREACHABLE, Failure.SERVER, Failure.RATE_LIMITED])
def test_a_failure_without_an_answer_is_tried_again(failure: Failure) -> None:
    first = Scripted("first", [fails(failure), good("a")])
    assert answer(router(first)) == ("a", Route("first", 2))


@pytest.mark.parametrize("failure", [Failure.TIMEOUT, Failure.CUT, Failure.MALFORMED])
def test_what_may_have_been_billed_is_not_asked_of_the_same_provider_again(failure: Failure) -> None:
    first, second = Scripted("first", [fails(failure)]), Scripted("second", [good("b")])
    assert answer(router(first, second)) == ("b", Route("second", 2))
    assert first.calls == 1


def test_attempts_are_bounded_and_the_next_provider_takes_over() -> None:
    first, second = Scripted("first", [fails(Failure.SERVER)]), Scripted("second", [good("b")])
    assert answer(router(first, second)) == ("b", Route("second", 4))


def test_a_request_that_is_refused_is_refused_everywhere() -> None:
    first, second = Scripted("first", [fails(Failure.REFUSED)]), Scripted("second", [good("b")])
    assert error(router(first, second)).status == 400
    assert (first.calls, second.calls) == (1, 0)


def test_after_the_first_chunk_nobody_can_take_over() -> None:
    first = Scripted("first", [fails(Failure.CUT, Piece("a"))])
    second = Scripted("second", [good("b")])
    told = error(router(first, second), stream=True)
    assert (told.status, told.code) == (502, "upstream_cut")
    assert second.calls == 0


def test_an_unstreamed_answer_that_was_cut_is_made_by_another() -> None:
    first = Scripted("first", [fails(Failure.CUT, Piece("a"))])
    second = Scripted("second", [good("b")])
    assert answer(router(first, second))[0] == "b"
    assert first.calls == 1


def test_a_stream_without_an_end_was_cut() -> None:
    first = Scripted("first", [[Piece("a")]])
    assert error(router(first)).code == "upstream_cut"


def test_the_defect_passes_a_cut_stream_on_as_complete() -> None:
    first = Scripted("first", [[Piece("a")]])
    assert answer(router(first, defects=["invents-finish-reason"]))[0] == "a"


@pytest.mark.parametrize(
    ("failure", "status"),
    [(Failure.TIMEOUT, 504), (Failure.RATE_LIMITED, 503), (Failure.SERVER, 502), (Failure.UNREACHABLE, 502)],
)
def test_when_nobody_answers_the_caller_learns_of_what_kind(failure: Failure, status: int) -> None:
    told = error(router(Scripted("first", [fails(failure)])))
    assert (told.status, told.code) == (status, failure.value)


def test_a_provider_that_asks_for_patience_is_left_alone_by_all_and_the_caller_told() -> None:
    first = Scripted("first", [fails(Failure.RATE_LIMITED, retry_after=30)])
    by = router(first)
    told = error(by)
    assert int(told.headers["retry-after"]) in range(30, 34)
    assert error(by).code == "no_provider"
    assert first.calls == 1


def test_who_asks_for_patience_is_passed_by() -> None:
    first = Scripted("first", [fails(Failure.RATE_LIMITED, retry_after=0.4), good("a")])
    second = Scripted("second", [good("b")])
    by = router(first, second)
    assert [answer(by)[0] for _ in range(3)] == ["b", "b", "b"]
    assert first.calls == 1


def test_an_open_breaker_is_passed_by_and_the_fallback_counted() -> None:
    first, second = Scripted("first", [fails(Failure.TIMEOUT)]), Scripted("second", [good("b")])
    by = router(first, second)
    for _ in range(8):
        assert answer(by)[0] == "b"
    assert first.calls == 5
    assert by.states == {"first": State.OPEN, "second": State.CLOSED}


def test_without_any_provider_the_answer_is_503_with_retry_after() -> None:
    first = Scripted("first", [fails(Failure.TIMEOUT)])
    by = router(first)
    for _ in range(5):
        error(by)
    told = error(by)
    assert (told.status, told.code) == (503, "no_provider")
    assert "retry-after" in told.headers


def test_a_client_that_leaves_tells_nothing_about_the_provider() -> None:
    by = router(Scripted("first", [[Piece("a"), Piece("b"), End("stop", 1, 1)]]))

    async def leave() -> None:
        events = by.generate(ask(), Route())
        await anext(events)
        await events.aclose()

    for _ in range(10):
        asyncio.run(leave())
    assert by.states == {"first": State.CLOSED}


def test_closing_closes_every_provider() -> None:
    first, second = Scripted("first", [good("a")]), Scripted("second", [good("b")])
    asyncio.run(router(first, second).close())
    assert first.closed
    assert second.closed
