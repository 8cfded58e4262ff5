"""Requests of OpenAI's Responses and Conversations API, as far as the gateway serves them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seatrial.systems.reference.chat_request import ChatRequest, Message, told
from seatrial.systems.reference.errors import bad_request

MAX_ITEMS = 256

_STRICT = ConfigDict(strict=True, frozen=True)


class _Text(BaseModel):
    model_config = _STRICT

    type: Literal["input_text", "output_text", "text"]
    text: str


class Item(BaseModel):
    """One message."""

    model_config = _STRICT

    type: Literal["message"] = "message"
    role: Literal["system", "developer", "user", "assistant"] = "user"
    content: str | list[_Text]

    @property
    def turn(self) -> list[str]:
        """Role and text."""
        parts = self.content
        return [self.role, parts if isinstance(parts, str) else "".join(part.text for part in parts)]


class _Named(BaseModel):
    model_config = _STRICT

    id: str


_Items = Annotated[list[Item], Field(max_length=MAX_ITEMS)]
_Metadata = Annotated[dict[str, str], Field(max_length=16)]


class ResponseRequest(BaseModel):
    """What POST /v1/responses takes; fields that are not listed are ignored."""

    model_config = _STRICT

    model: Annotated[str, Field(min_length=1, max_length=200)]
    input: str | Annotated[list[Item], Field(min_length=1, max_length=MAX_ITEMS)]
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: str | _Named | None = None
    store: bool = True
    background: bool = False
    stream: Literal[False] | None = None
    max_output_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    metadata: _Metadata = Field(default_factory=dict)

    @property
    def turns(self) -> list[list[str]]:
        """Role and text of each new message."""
        return [["user", self.input]] if isinstance(self.input, str) else [item.turn for item in self.input]

    @property
    def conversation_id(self) -> str | None:
        """The conversation that it is a part of."""
        given = self.conversation
        return given.id if isinstance(given, _Named) else given


class ConversationRequest(BaseModel):
    """What POST /v1/conversations takes."""

    model_config = _STRICT

    items: _Items = Field(default_factory=list)
    metadata: _Metadata = Field(default_factory=dict)


class ItemsRequest(BaseModel):
    """What POST /v1/conversations/{id}/items takes."""

    model_config = _STRICT

    items: Annotated[list[Item], Field(min_length=1, max_length=MAX_ITEMS)]


def parse_response(body: bytes) -> ResponseRequest:
    """The request for a response.

    Raises:
        ApiError: 400 with the first field that is wrong.
    """
    try:
        asked = ResponseRequest.model_validate_json(body)
    except ValidationError as error:
        raise told(error) from error
    if asked.background and not asked.store:
        raise bad_request("What is done in the background must be stored.", param="store")
    if asked.previous_response_id and asked.conversation_id:
        raise bad_request("Give previous_response_id or conversation, not both.", param="conversation")
    return asked


def parse_conversation(body: bytes) -> ConversationRequest:
    """The request for a conversation.

    Raises:
        ApiError: 400 with the first field that is wrong.
    """
    try:
        return ConversationRequest.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise told(error) from error


def parse_items(body: bytes) -> ItemsRequest:
    """The request to add items.

    Raises:
        ApiError: 400 with the first field that is wrong.
    """
    try:
        return ItemsRequest.model_validate_json(body)
    except ValidationError as error:
        raise told(error) from error


def chat_of(turns: list[list[str]], options: dict[str, Any]) -> ChatRequest:
    """The chat request that a response comes to.

    Args:
        turns: role and text of every message.
        options: model, instructions, temperature and max_output_tokens, as stored.
    """
    instructions = options.get("instructions")
    head = [["system", instructions]] if instructions else []
    return ChatRequest(
        model=options["model"],
        messages=[Message.model_validate({"role": role, "content": text}) for role, text in head + turns],
        temperature=options.get("temperature"),
        max_tokens=options.get("max_output_tokens"),
    )
