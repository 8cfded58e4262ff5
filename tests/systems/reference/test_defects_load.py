"""Each defect of load shows its own symptom and no other, in virtual time; the healthy gateway shows none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from seatrial.systems.reference.defects_load import LOAD
from seatrial.systems.reference.settings import Crew
from tests.systems.reference.asgi import KEY, Client, Reply
from tests.systems.reference.virtual import run

OTHER_KEY = "sk-other-fedcba9876543210"
QUESTIONS = [f"Please explain question {number} about refunds and parcels." for number in range(16)]
CANARIES = ("Amberlantern", "Copperanchor")
LONG = "The harbour master writes the names of all ships into the book. " * 30


@dataclass
class Answered:
    """One answer, and how long it took."""

    reply: Reply
    seconds: float


@dataclass
class Seen:
    """What one gateway was seen to do."""

    again: list[Answered]
    prefixed: list[Answered]
    canaries: list[Answered]
    alone: list[Answered]
    loaded: list[Answered]
    neighbour: Answered
    crowd: list[Answered]
    refused: int
    grown: int
    shrunk: int
    steady: list[Answered]
    worn: list[Answered]
    files: int
    memory: int


async def ask(client: Client, question: str, **fields: str) -> Answered:
    began = time.monotonic()
    reply = await client.stream(question, **fields)
    return Answered(reply, time.monotonic() - began)


async def one_by_one(client: Client, questions: list[str], pause: float = 0.0) -> list[Answered]:
    answers = []
    for question in questions:
        answers.append(await ask(client, question))
        await asyncio.sleep(pause)
    return answers


async def at_once(client: Client, questions: list[str]) -> list[Answered]:
    return list(await asyncio.gather(*(ask(client, question) for question in questions)))


async def tenants(client: Client) -> Answered:
    crowd = asyncio.ensure_future(at_once(client, QUESTIONS))
    await asyncio.sleep(0.001)  # they are at work now
    found = await ask(client, QUESTIONS[0], key=OTHER_KEY)
    await crowd
    return found


async def look(*defects: str) -> Seen:
    """Everything, each with a gateway of its own."""

    def fresh(**settings: object) -> Client:
        return Client(*defects, keys=(KEY, OTHER_KEY), **settings)

    limited = fresh(rate=1.0, burst=10)
    crew = fresh(crew=Crew(workers=2, most=6, queue=50, wait=30.0))
    worn = fresh()
    crowd = await at_once(fresh(), [f"{question} {number}" for number in range(30) for question in QUESTIONS])
    refused = sum(each.reply.status == 429 for each in await at_once(limited, QUESTIONS))
    await at_once(crew, [f"{question} {number}" for number in range(6) for question in QUESTIONS])
    grown = crew.gateway.workers.count
    await asyncio.sleep(20.0)
    old = await one_by_one(worn, [QUESTIONS[number % 16] for number in range(200)])
    return Seen(
        again=await one_by_one(fresh(), [QUESTIONS[0]] * 2),
        prefixed=await one_by_one(fresh(), [f"{LONG} {question}" for question in QUESTIONS[:2]]),
        canaries=await one_by_one(fresh(), [f"Please greet {word} warmly." for word in CANARIES]),
        alone=await one_by_one(fresh(), QUESTIONS),
        loaded=await at_once(fresh(), QUESTIONS),
        neighbour=await tenants(fresh()),
        crowd=crowd,
        refused=refused,
        grown=grown,
        shrunk=crew.gateway.workers.count,
        steady=await one_by_one(fresh(), QUESTIONS * 6, pause=0.05),
        worn=old,
        files=len(worn.gateway.wear._files),
        memory=sum(map(len, worn.gateway.wear._memory)),
    )


def differ(seen: Seen, look: Callable[[Reply], object]) -> bool:
    return any(
        look(one.reply) != look(other.reply) for one, other in zip(seen.alone, seen.loaded, strict=True)
    )


def mixed_up(seen: Seen) -> bool:
    return CANARIES[0].lower() in seen.canaries[1].reply.text


def tokens(reply: Reply) -> int:
    return (reply.usage or {}).get("completion_tokens", 0)


def mean(answers: list[Answered]) -> float:
    return sum(each.seconds for each in answers) / len(answers)


def errors(answers: list[Answered]) -> int:
    return sum(each.reply.status == 500 for each in answers)


SYMPTOMS: dict[str, Callable[[Seen], bool]] = {
    "answers-from-cache": lambda saw: saw.again[1].seconds < saw.again[0].seconds / 5 and not mixed_up(saw),
    "prefix-cache": lambda saw: saw.prefixed[1].seconds < saw.prefixed[0].seconds / 1.5,
    "cache-answers-another-user": mixed_up,
    "shorter-under-load": lambda saw: (
        sum(len(each.reply.text) for each in saw.loaded)
        < 0.7 * sum(len(each.reply.text) for each in saw.alone)
    ),
    "quality-drops-under-load": lambda saw: (
        differ(saw, lambda reply: reply.text) and not differ(saw, lambda reply: len(reply.text))
    ),
    "counts-tokens-wrong-under-load": lambda saw: differ(saw, tokens) and not differ(saw, lambda r: r.text),
    "buffers-under-load": lambda saw: any(len(each.reply.parts) == 1 for each in saw.loaded),
    "unbounded-queue": lambda saw: max(each.seconds for each in saw.crowd) > 2 and saw.refused > 0,
    "no-back-pressure": lambda saw: saw.refused == 0,
    "scale-out-never": lambda saw: saw.grown == 2,
    "scale-in-never": lambda saw: saw.shrunk == saw.grown > 2,
    "freezes": lambda saw: max(each.seconds for each in saw.steady) > 0.9,
    "tenant-starvation": lambda saw: saw.neighbour.seconds > 0.9,
    "memory-leak": lambda saw: saw.memory > 20 << 20,
    "fd-leak": lambda saw: saw.files == 200,
    "latency-drift": lambda saw: mean(saw.worn[-50:]) > mean(saw.worn[:50]) + 0.01,
    "errors-creep": lambda saw: errors(saw.worn[100:]) > 5,
}


def symptoms(*defects: str) -> set[str]:
    """The names of the defects that can be seen."""
    saw = run(look(*defects))
    return {name for name, shows in SYMPTOMS.items() if shows(saw)}


def test_every_defect_has_a_symptom() -> None:
    assert SYMPTOMS.keys() == {defect.name for defect in LOAD}


def test_the_healthy_gateway_shows_nothing() -> None:
    saw = run(look())
    assert {name for name, shows in SYMPTOMS.items() if shows(saw)} == set()
    assert saw.grown > 2 == saw.shrunk


@pytest.mark.parametrize("name", SYMPTOMS)
def test_a_defect_does_what_it_says_and_nothing_else(name: str) -> None:
    assert symptoms(name) == {name}
