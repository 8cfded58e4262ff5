"""POST /v1/embeddings: hashed bags of words, so that texts with words in common lie near each other."""

from __future__ import annotations

import base64
import hashlib
import math
import struct
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seatrial.systems.reference import tokenizer
from seatrial.systems.reference.body import read_body
from seatrial.systems.reference.chat_request import told
from seatrial.systems.reference.errors import unknown_model
from seatrial.systems.reference.gateway import Gateway
from seatrial.systems.reference.settings import EMBEDDING_MODELS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

DIMENSIONS = 64

_Text = Annotated[str, Field(min_length=1)]


class EmbeddingRequest(BaseModel):
    """One request for embeddings."""

    model_config = ConfigDict(strict=True, frozen=True)

    model: str
    input: _Text | Annotated[list[_Text], Field(min_length=1, max_length=256)]
    encoding_format: Literal["float", "base64"] = "float"


async def embeddings(request: Request) -> Response:
    """One vector for each text."""
    from starlette.responses import JSONResponse

    gateway: Gateway = request.app.state.gateway
    body = await read_body(request, gateway.settings.max_body)
    try:
        ask = EmbeddingRequest.model_validate_json(body)
    except ValidationError as error:
        raise told(error) from error
    if ask.model not in EMBEDDING_MODELS:
        raise unknown_model(ask.model)
    texts = [ask.input] if isinstance(ask.input, str) else ask.input
    data = [
        {"object": "embedding", "index": index, "embedding": _encoded(embed(text), ask.encoding_format)}
        for index, text in enumerate(texts)
    ]
    tokens = sum(map(tokenizer.count, texts))
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return JSONResponse({"object": "list", "data": data, "model": ask.model, "usage": usage})


def embed(text: str) -> list[float]:
    """A unit vector of `DIMENSIONS` numbers, the same for the same text."""
    vector = [0.0] * DIMENSIONS
    for piece in tokenizer.pieces(text.lower()):
        digest = hashlib.blake2b(piece.strip().encode(), digest_size=4).digest()
        place = int.from_bytes(digest, "big")
        vector[place % DIMENSIONS] += 1.0 if place & 0x8000_0000 else -1.0
    norm = math.sqrt(sum(value * value for value in vector))
    if norm == 0:  # the words cancel each other out
        vector[0] = norm = 1.0
    return [value / norm for value in vector]


def _encoded(vector: list[float], form: str) -> Any:
    return vector if form == "float" else base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
