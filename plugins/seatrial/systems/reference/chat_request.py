"""What a chat request may hold: checked strictly, told in OpenAI's words."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seatrial.systems.reference.errors import ApiError, bad_request

MAX_STOPS = 4
MAX_MESSAGES = 2048

Role = Literal["system", "developer", "user", "assistant", "tool"]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    type: Literal["text"]
    text: str


class Message(BaseModel):
    """One message of the conversation."""

    model_config = ConfigDict(strict=True, frozen=True)

    role: Role
    content: str | list[_Part] | None = None
    name: str | None = None
    tool_calls: list[dict[str, Any]] | None = None
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """The content as one text."""
        if self.content is None:
            return json.dumps(self.tool_calls) if self.tool_calls else ""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content)


class Function(BaseModel):
    """A function that the model may call."""

    model_config = ConfigDict(strict=True, frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)


class Tool(BaseModel):
    """A tool offered to the model."""

    model_config = ConfigDict(strict=True, frozen=True)

    type: Literal["function"]
    function: Function


class _Named(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)

    name: str


class ToolChoice(BaseModel):
    """The tool that must be called."""

    model_config = ConfigDict(strict=True, frozen=True)

    type: Literal["function"]
    function: _Named


class JsonSchema(BaseModel):
    """The schema that the answer must fit."""

    model_config = ConfigDict(strict=True, frozen=True)

    name: str
    json_schema: dict[str, Any] = Field(alias="schema", default_factory=dict)
    strict: bool | None = None


class ResponseFormat(BaseModel):
    """The form of the answer."""

    model_config = ConfigDict(strict=True, frozen=True)

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(BaseModel):
    """Options of a stream."""

    model_config = ConfigDict(strict=True, frozen=True)

    include_usage: bool = False


class ChatRequest(BaseModel):
    """One chat request; fields that are not listed are ignored, as gateways do."""

    model_config = ConfigDict(strict=True, frozen=True)

    model: Annotated[str, Field(min_length=1, max_length=200)]
    messages: Annotated[list[Message], Field(min_length=1, max_length=MAX_MESSAGES)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    n: Literal[1] | None = None
    seed: int | None = None
    stop: str | Annotated[list[str], Field(max_length=MAX_STOPS)] | None = None
    user: str | None = None
    tools: Annotated[list[Tool], Field(max_length=128)] | None = None
    tool_choice: Literal["none", "auto", "required"] | ToolChoice | None = None
    response_format: ResponseFormat | None = None
    service_tier: Literal["auto", "default", "flex", "priority"] | None = None

    @property
    def limit(self) -> int | None:
        """The most tokens that the answer may have."""
        return self.max_completion_tokens if self.max_completion_tokens is not None else self.max_tokens

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop sequences that are not empty."""
        given = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        return tuple(stop for stop in given if stop)

    @property
    def include_usage(self) -> bool:
        """Whether a stream ends with a chunk that tells the usage."""
        return self.stream_options is not None and self.stream_options.include_usage


def parse_chat(body: bytes) -> ChatRequest:
    """The chat request that *body* holds.

    Raises:
        ApiError: 400 with the first field that is wrong.
    """
    try:
        ask = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        raise told(error) from error
    _check_tools(ask)
    return ask


def _check_tools(ask: ChatRequest) -> None:
    names = {tool.function.name for tool in ask.tools or ()}
    if isinstance(ask.tool_choice, ToolChoice) and ask.tool_choice.function.name not in names:
        raise bad_request("tool_choice names a function that is not among the tools.", param="tool_choice")
    if ask.tool_choice == "required" and not names:
        raise bad_request("tool_choice is 'required' but no tools were given.", param="tool_choice")
    form = ask.response_format
    if form and form.type == "json_schema" and not form.json_schema:
        raise bad_request("response_format.json_schema is missing.", param="response_format.json_schema")


def told(error: ValidationError) -> ApiError:
    """400 with the first thing that is wrong."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return bad_request("The body of the request is not valid JSON.")
    param = ".".join(str(step) for step in first["loc"]) or None
    where = f"'{param}': " if param else ""
    return bad_request(f"Invalid request: {where}{first['msg']}.", param=param)
