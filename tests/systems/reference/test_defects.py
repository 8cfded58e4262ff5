"""Each defect does what it says and nothing else; without defects nothing of it is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from seatrial.core.errors import UsageError
from seatrial.systems.reference import tokenizer
from seatrial.systems.reference.defects import DEFECTS, Defects
from seatrial.systems.reference.defects_answers import ANSWERS
from tests.systems.reference.asgi import KEY, PLACE, QUESTION, WEATHER, Client, Reply, hangs, run

QUESTIONS = [f"Please explain question {number} about refunds and parcels." for number in range(20)]
WRONG_KEY = "sk-wrong-fedcba9876543210"
CHAT = "/v1/chat/completions"


@dataclass
class Seen:
    """What one gateway was seen to do."""

    hung: bool = False
    health: Reply = field(default_factory=Reply)
    plain: list[Reply] = field(default_factory=list)
    streams: list[Reply] = field(default_factory=list)
    short: Reply = field(default_factory=Reply)
    stopped: Reply = field(default_factory=Reply)
    malformed: list[Reply] = field(default_factory=list)
    unknown_model: Reply = field(default_factory=Reply)
    unknown_path: Reply = field(default_factory=Reply)
    no_key: Reply = field(default_factory=Reply)
    wrong_key: Reply = field(default_factory=Reply)
    tool: Reply = field(default_factory=Reply)
    form: Reply = field(default_factory=Reply)

    @property
    def whole(self) -> list[Reply]:
        return [reply for reply in self.plain if reply.status == 200]

    @property
    def events(self) -> list[Reply]:
        return [reply for reply in self.streams if reply.status == 200]

    @property
    def answers(self) -> list[Reply]:
        return self.plain + self.streams

    @property
    def refusals(self) -> list[Reply]:
        return [*self.malformed, self.unknown_path, self.wrong_key]


async def look(client: Client) -> Seen:
    """Ask one gateway everything; 120 valid chat requests, so that a defect of 1 % must show."""
    seen = Seen(hung=await hangs(client.chat()), health=await client.call("GET", "/health"))
    if seen.hung:
        return seen
    for _ in range(2):
        seen.plain += [await client.chat(question) for question in QUESTIONS]
        seen.streams += [await client.stream(question) for question in QUESTIONS]
    seen.plain += [await client.chat(question, temperature=1) for question in QUESTIONS]
    seen.streams += [await client.stream(question, temperature=1) for question in QUESTIONS]
    seen.short = await _good(client, max_tokens=4)
    seen.stopped = await _good(client, stop="e")
    seen.malformed = [
        await client.call("POST", CHAT, body)
        for body in (b"{", b"[]", b"{}", b'{"model": "small", "messages": "no"}')
    ]
    seen.unknown_model = await client.chat(model="no-such-model")
    seen.unknown_path = await client.call("GET", "/v1/nothing")
    seen.no_key = await client.chat(key=None)
    seen.wrong_key = await client.chat(key=WRONG_KEY)
    seen.tool = await _good(client, tools=[WEATHER], tool_choice="required")
    schema = {"name": "place", "schema": PLACE}
    seen.form = await _good(client, response_format={"type": "json_schema", "json_schema": schema})
    return seen


async def _good(client: Client, **fields: object) -> Reply:
    """A whole answer; asked for again where a defect strikes some answers only."""
    for _ in range(5):
        reply = await client.chat(**fields)  # type: ignore[arg-type]
        if reply.status == 200 and reply.json["usage"]["completion_tokens"]:
            break
    return reply


def _is_json(text: str | None) -> bool:
    try:
        json.loads(text or "")
    except ValueError:
        return False
    return True


def _share(replies: list[Reply], wrong: Callable[[Reply], bool]) -> float:
    return sum(map(wrong, replies)) / len(replies)


def _texts_disagree(seen: Seen, agree: Callable[[str, str], bool]) -> bool:
    pairs = zip(seen.whole, seen.events, strict=False)
    return any(not agree(plain.text, stream.text) for plain, stream in pairs if plain.text and stream.text)


def _usage_lies(seen: Seen) -> bool:
    for reply, question in zip(seen.plain, QUESTIONS * 3, strict=True):
        if reply.status == 200:
            usage = reply.json["usage"]
            expected = 6 + tokenizer.count(question), tokenizer.count(reply.text)
            if (usage["prompt_tokens"], usage["completion_tokens"]) != expected:
                return True
    return False


def _glued(seen: Seen) -> bool:
    pairs = [(plain.text, stream.text) for plain, stream in zip(seen.whole, seen.events, strict=False)]
    return any(one != other and one.replace(" ", "") == other.replace(" ", "") for one, other in pairs)


def _cut_but_stop(seen: Seen) -> bool:
    pairs = zip(seen.plain[:40], seen.streams[:40], strict=True)
    return any(
        stream.finish_reason == "stop" and stream.text and len(stream.text) < 0.8 * len(plain.text)
        for plain, stream in pairs
        if plain.status == stream.status == 200
    )


SYMPTOMS: dict[str, Callable[[Seen], bool]] = {
    "slow-tail": lambda seen: 0.1 < _share(seen.answers, lambda reply: 1.5 in reply.pauses[1:]) < 0.2,
    "slow-first-chunk": lambda seen: (
        0.2 < _share(seen.answers, lambda reply: reply.pauses[:1] == [0.7]) < 0.4
    ),
    "errors-1-percent": lambda seen: 0 < _share(seen.answers, lambda reply: reply.status == 500) < 0.02,
    "invents-finish-reason": _cut_but_stop,
    "truncates-stream": lambda seen: (
        0.1 < _share(seen.events, lambda reply: bool(reply.text) and reply.finish_reason is None) < 0.3
    ),
    "buffers-stream": lambda seen: all(len(reply.parts) == 1 for reply in seen.events),
    "wrong-usage": _usage_lies,
    "unknown-model-accepted": lambda seen: b'"model":"no-such-model"' in seen.unknown_model.body,
    "server-error-on-malformed": lambda seen: all(
        reply.status == 500 and b"Traceback" in reply.body for reply in seen.malformed
    ),
    "no-authentication": lambda seen: (
        seen.no_key.status == seen.wrong_key.status == 200 and b"choices" in seen.wrong_key.body
    ),
    "key-echoed-in-error": lambda seen: WRONG_KEY.encode() in seen.wrong_key.body,
    "health-lies": lambda seen: seen.hung and seen.health.status == 200,
    "empty-completions": lambda seen: (
        0.1
        < _share(
            seen.whole, lambda reply: not reply.text and reply.json["choices"][0]["finish_reason"] == "stop"
        )
        < 0.3
    ),
    "wrong-model-reported": lambda seen: any(reply.json["model"] != "small" for reply in seen.whole),
    "stream-differs": _glued,
    "sse-content-type-wrong": lambda seen: all(
        reply.headers["content-type"].startswith("application/json") for reply in seen.events
    ),
    "usage-missing-in-stream": lambda seen: not any(reply.usage for reply in seen.events),
    "stack-trace-in-error": lambda seen: all(
        b"Traceback" in reply.body and reply.status in (400, 401, 404) for reply in seen.refusals
    ),
    "ignores-max-tokens": lambda seen: tokenizer.count(seen.short.text) > 4,
    "html-error-page": lambda seen: all(b"<html>" in reply.body for reply in seen.refusals),
    "ignores-stop": lambda seen: "e" in seen.stopped.text,
    "missing-done": lambda seen: (
        not any(reply.events[-1] == "[DONE]" for reply in seen.events if reply.finish_reason)
    ),
    "errors-with-status-200": lambda seen: all(
        reply.status == 200 and b'"error"' in reply.body for reply in seen.refusals
    ),
    "malformed-tool-call": lambda seen: (
        not _is_json(seen.tool.json["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"])
    ),
    "ignores-json-schema": lambda seen: not _is_json(seen.form.text),
    "finish-reason-missing": lambda seen: all(
        reply.json["choices"][0]["finish_reason"] is None for reply in seen.whole
    ),
}


def symptoms(seen: Seen) -> set[str]:
    """The names of the defects that can be seen."""
    if seen.hung:
        return {name for name in ("health-lies",) if SYMPTOMS[name](seen)}
    return {name for name, shows in SYMPTOMS.items() if shows(seen)}


def test_every_defect_has_a_symptom() -> None:
    assert SYMPTOMS.keys() == {defect.name for defect in ANSWERS}
    assert len(DEFECTS) >= 15


@pytest.mark.parametrize("seed", [0, 7])
def test_the_healthy_system_shows_nothing(seed: int) -> None:
    assert symptoms(run(lambda: look(Client(seed=seed)))) == set()


@pytest.mark.parametrize("name", [name for name in DEFECTS if name not in SYMPTOMS])
def test_what_shows_in_heavy_weather_only_shows_nothing_in_a_calm(name: str) -> None:
    assert symptoms(run(lambda: look(Client(name)))) == set()


@pytest.mark.parametrize("name", SYMPTOMS)
def test_a_defect_does_what_it_says_and_nothing_else(name: str) -> None:
    assert symptoms(run(lambda: look(Client(name)))) == {name}


def test_defects_can_be_combined() -> None:
    both = run(lambda: look(Client("ignores-stop", "missing-done")))
    assert symptoms(both) == {"ignores-stop", "missing-done"}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_declared_in_full(name: str) -> None:
    defect = DEFECTS[name]
    assert defect.name == name
    assert defect.summary
    assert not defect.summary.endswith(".")
    assert set(defect.caught_by) <= {"sla", "contract", "identity", "resilience", "recovery", "load"}
    assert defect.caught
    assert all(
        requirement[0] == "R" and 1 <= int(requirement[1:]) <= 48 for requirement in defect.requirements
    )
    assert 0 < defect.share <= 1


def test_a_share_is_kept_exactly_and_one_seed_hits_the_same_requests() -> None:
    one, again, other = (Defects(["slow-tail"], seed=seed) for seed in (1, 1, 2))
    draws = [[defects.strikes("slow-tail") for _ in range(200)] for defects in (one, again, other)]
    assert draws[0] == draws[1] != draws[2]
    assert [sum(draw) for draw in draws] == [30, 30, 30]


def test_a_defect_that_is_off_never_strikes() -> None:
    defects = Defects(["slow-tail"])
    assert not defects.on("ignores-stop")
    assert not any(defects.strikes("errors-1-percent") for _ in range(300))


def test_an_unknown_defect_is_told_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="slow-tial") as error:
        Defects(["slow-tial"])
    assert error.value.hint == "did you mean 'slow-tail'?"


def test_the_question_has_an_answer_with_the_letter_that_stops_it() -> None:
    assert "e" in run(lambda: Client().chat(QUESTION)).text
    assert KEY not in QUESTION
