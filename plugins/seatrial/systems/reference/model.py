"""The built-in model: a deterministic writer of short answers.

The same conversation, model, temperature, top_p and seed give the same text, whether it is streamed or not;
`stop` and `max_tokens` only cut it. It knows nothing: it takes words of the question and puts them into
sentences, 8 to 40 tokens in all, some with letters outside ASCII so that encoding mistakes show.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from typing import NamedTuple

from seatrial.systems.reference import tokenizer
from seatrial.systems.reference.chat_request import ChatRequest, Function, ToolChoice
from seatrial.systems.reference.schema import instance

MAX_TOKENS = 40
MIN_TOKENS = 8

_WORD = re.compile(r"[^\W\d_]{4,12}")
_OPENINGS = (
    "Certainly.",
    "Good question.",
    "Of course.",
    "Here is the short answer.",
    "Thank you for asking.",
    "Let us see.",
    "In brief:",
    "Gladly.",
)
_SENTENCES = (
    "The point about {a} is simple: check {b} first, then decide.",
    "Most people begin with {a} and only later look at {b}.",
    "You can change {a} in the settings; {b} follows by itself.",
    "Our records for {a} and {b} agree, so nothing more is needed.",
    "If {a} fails, write to the team and mention {b}.",
    "A café next to the harbour explains {a} better than I can.",
    "Think of {a} as a ship, and of {b} as her crew.",
    "It takes about ten minutes — {a} included, {b} not.",
    "There is a naïve way to see {a}, and a careful one that starts from {b}.",
    "Write down {a}, keep {b} short, and read it aloud once.",
    "The total for {a} comes to 42 €, and {b} is free of charge.",
    "Both {a} and {b} were tried at sea; the first held.",
)
_CLOSINGS = (
    "Does that help?",
    "Anything else?",
    "Fair winds!",
    "That is all.",
    "À bientôt!",
    "",
    "",
    "",
)
_FILLERS = ("the plan", "your order", "this case", "the rest", "the harbour", "the list")


class Answer(NamedTuple):
    """What the model says.

    Attributes:
        pieces: the text's tokens.
        finish_reason: ``stop``, ``length`` or ``tool_calls``.
        prompt_tokens: tokens of the conversation.
        tool: name and arguments (JSON text) of the function to call, if any; its pieces are the arguments'.
    """

    pieces: list[str]
    finish_reason: str
    prompt_tokens: int
    tool: tuple[str, str] | None
    rng: random.Random


def answer(ask: ChatRequest, *, seed: int = 0) -> Answer:
    """The model's answer to *ask*.

    Args:
        seed: used where the request names none.
    """
    contents = [message.text for message in ask.messages]
    rng = _rng(ask, contents, seed)
    prompt_tokens = tokenizer.count_prompt(contents)
    function = _function_to_call(ask, contents[-1], rng)
    if function is not None:
        arguments = json.dumps(instance(function.parameters, rng), ensure_ascii=False)
        tool = (function.name, arguments)
        return Answer(tokenizer.pieces(arguments), "tool_calls", prompt_tokens, tool, rng)
    pieces, reason = _cut(_text(ask, contents[-1], rng), ask)
    return Answer(pieces, reason, prompt_tokens, None, rng)


def _rng(ask: ChatRequest, contents: list[str], seed: int) -> random.Random:
    facts = [ask.model, seed if ask.seed is None else ask.seed, ask.temperature, ask.top_p]
    roles = [message.role for message in ask.messages]
    digest = hashlib.blake2b(json.dumps([facts, roles, contents]).encode(), digest_size=8).digest()
    return random.Random(int.from_bytes(digest, "big"))  # noqa: S311  reproducible text, not a secret


def _text(ask: ChatRequest, question: str, rng: random.Random) -> str:
    form = ask.response_format
    if form is None or form.type == "text":
        return _prose(question, rng)
    if form.type == "json_schema" and form.json_schema is not None:
        return json.dumps(instance(form.json_schema.json_schema, rng), ensure_ascii=False)
    return json.dumps({"answer": _prose(question, rng)}, ensure_ascii=False)


def _prose(question: str, rng: random.Random) -> str:
    topics = list(dict.fromkeys(word.lower() for word in _WORD.findall(question[:2000])))
    topics = rng.sample(topics, min(4, len(topics))) + rng.sample(_FILLERS, 4)
    text = rng.choice(_OPENINGS)
    for number, sentence in enumerate(rng.sample(_SENTENCES, rng.choice((1, 1, 2)))):
        longer = f"{text} {sentence.format(a=topics[2 * number], b=topics[2 * number + 1])}"
        if number and tokenizer.count(longer) > MAX_TOKENS:
            break
        text = longer
    closed = f"{text} {rng.choice(_CLOSINGS)}".rstrip()
    return closed if tokenizer.count(closed) <= MAX_TOKENS else text


def _cut(text: str, ask: ChatRequest) -> tuple[list[str], str]:
    ends = [at for at in (text.find(stop) for stop in ask.stops) if at >= 0]
    if ends:
        text = text[: min(ends)]
    pieces = tokenizer.pieces(text)
    if ask.limit is not None and len(pieces) > ask.limit:
        return pieces[: ask.limit], "length"
    return pieces, "stop"


def _function_to_call(ask: ChatRequest, question: str, rng: random.Random) -> Function | None:
    functions = [tool.function for tool in ask.tools or ()]
    if not functions or ask.tool_choice == "none" or ask.messages[-1].role == "tool":
        return None
    if isinstance(ask.tool_choice, ToolChoice):
        return next(function for function in functions if function.name == ask.tool_choice.function.name)
    asked = question.lower()
    for function in functions:
        words = re.split(r"[_-]+", function.name.lower())
        if any(len(word) > 2 and word in asked for word in words):
            return function
    return rng.choice(functions) if ask.tool_choice == "required" else None
