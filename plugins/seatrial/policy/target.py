"""Targets: the deployed systems that are put on trial."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from seatrial.policy.fields import Count, Flag, Model, Name, PositiveDuration, Price, SecretText, Size, wrong
from seatrial.policy.problems import did_you_mean
from seatrial.policy.secret import Secret

PROTOCOLS: dict[str, str] = {
    "openai-chat": "OpenAI's chat completions, streamed and not",
    "anthropic-messages": "Anthropic's messages, streamed and not",
    "http-json": "any REST model: see http",
}
"""Wire protocols by name, with a word about each; a package outside adds its own before loading a policy."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def _known_protocol(name: str) -> str:
    if name not in PROTOCOLS:
        guess = did_you_mean(name, PROTOCOLS)
        raise wrong(f"unknown protocol {name!r}{guess}", f"known: {', '.join(PROTOCOLS)}")
    return name


def check_uri(uri: str) -> str:
    """*uri*, where it can be sent requests: http(s) with a host, and nothing in it that must stay secret.

    Raises:
        PydanticCustomError: it cannot; the message says why.
    """
    if "${env:" in uri:
        return uri
    try:
        parts = urlsplit(uri)
        scheme, host, _ = parts.scheme, parts.hostname, parts.port
    except ValueError as error:
        raise wrong(f"{uri!r} is no address: {error}", "such as http://127.0.0.1:8000/v1") from error
    if scheme not in ("http", "https") or not host or re.search(r"\s", uri):
        raise wrong(f"{uri!r} is no http or https address", "such as http://127.0.0.1:8000/v1")
    if parts.username is not None:
        raise wrong(
            "the address holds credentials, and an address is shown in every report",
            "put them into apiKey or headers as ${env:NAME}",
        )
    if parts.fragment:
        raise wrong(f"{uri!r} has a fragment, which is never sent")
    return uri


def _header_name(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise wrong(f"{name!r} is no header name")
    return name


def _header_value(value: Any) -> Any:
    text = value.reveal() if isinstance(value, Secret) else value
    if not isinstance(text, str) or re.search(r"[\r\n\0]", text):
        raise wrong("a header is one line of text")
    return value


def _header_text(value: Any) -> str:
    return value.reference if isinstance(value, Secret) else str(value)


def _path(path: str) -> str:
    if not path.startswith("/") or re.search(r"\s", path):
        raise wrong(f"{path!r} is no path", "a path begins with a slash, such as /health")
    return path


def _json_path(path: str) -> str:
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.ext import parser

    try:
        parser.parse(path)
    except JSONPathError as error:
        said = str(error).splitlines()[0]
        raise wrong(f"{path!r} is no JSONPath: {said}", "such as $.choices[0].text") from error
    return path


HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[
    str | Secret,
    BeforeValidator(_header_value),
    PlainSerializer(_header_text),
    WithJsonSchema({"type": "string", "description": "a secret as ${env:NAME}"}),
]
UrlPath = Annotated[str, AfterValidator(_path)]
JsonPath = Annotated[str, AfterValidator(_json_path)]


class Timeouts(Model):
    """How long each step of an exchange may take."""

    connect: PositiveDuration = 5.0
    """Until TCP and TLS stand."""
    first_byte: PositiveDuration = 30.0
    """From sending to the first byte of the answer."""
    idle: PositiveDuration = 30.0
    """Between two pieces of an answer."""
    total: PositiveDuration = 120.0
    """From sending to the last byte."""


class Tls(Model):
    """Trust in the target's certificate."""

    ca: str | None = None
    """PEM file of the authorities to trust, relative to the policy; the system's own by default."""
    server_name: str | None = None
    """The name the certificate must carry, where it is not the uri's."""
    verify: Flag = True
    """False accepts any certificate: the certificate of the trial says so."""


class Prices(Model):
    """What tokens cost, per one million."""

    input: Price
    output: Price


class Identity(Model):
    """Who the target is meant to be; checked by the suite identity and held by the certificate."""

    model: str | None = None
    """The model that answers must name; what the policy asks for by default."""
    system_fingerprint: str | None = None
    """As the target reports it; any by default."""
    image: str | None = Field(None, pattern=r"^sha256:[0-9a-f]{64}$")
    """Digest of the deployed image, recorded in the certificate."""
    onChange: Literal["fail", "inconclusive"] = "fail"
    """What a target that changed during the trial comes to; certified it is never."""


class Http(Model):
    """How to ask any REST model (protocol http-json)."""

    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    path: UrlPath | None = None
    """Added to the uri."""
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    body: Any = None
    """Template of the request's body: any YAML, in which {{prompt}} stands for the prompt."""
    answer: JsonPath
    """JSONPath of the answer's text in the response."""
    finish_reason: JsonPath | None = None
    """JSONPath of why the answer ended."""
    model: JsonPath | None = None
    """JSONPath of the model that answered."""
    input_tokens: JsonPath | None = None
    """JSONPath of the tokens of the request, for objectives and budgets of cost."""
    output_tokens: JsonPath | None = None
    """JSONPath of the tokens of the answer."""
    error: JsonPath | None = None
    """JSONPath of an error inside a 200 answer; where it finds something the exchange has failed."""
    end: str | None = None
    """The data that ends a stream of events; a stream without it was cut."""


class ProcessSpec(Model):
    """The target's process on this machine, for faults that hit it; named by one of these."""

    pid: Count | None = None
    pidfile: str | None = None
    """File with its process id, relative to the policy; read anew for each fault."""
    cgroup: str | None = None
    """Folder of its control group."""

    @model_validator(mode="after")
    def _one(self) -> ProcessSpec:
        if sum(each is not None for each in (self.pid, self.pidfile, self.cgroup)) != 1:
            raise wrong("a process is named once", "by pid, by pidfile, or by cgroup")
        return self


Capability = Literal["tools", "json_schema", "logprobs", "embeddings"]


class TargetSpec(Model):
    """A deployed AI system under trial."""

    name: Name
    protocol: Annotated[str, AfterValidator(_known_protocol)] = "openai-chat"
    uri: Annotated[str, AfterValidator(check_uri)]
    """Base address, such as http://127.0.0.1:8000/v1."""
    model: str | None = None
    """The model to ask for."""
    apiKey: SecretText | None = None
    """Sent as the protocol says; write ${env:NAME}."""
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    environment: str | None = None
    """Such as staging or production; told in reports."""
    identity: Identity = Field(default_factory=Identity)
    capabilities: tuple[Capability, ...] = ()
    """Optional abilities the target claims, and is therefore judged on."""
    prices: Prices | None = None
    timeouts: Timeouts = Field(default_factory=Timeouts)
    tls: Tls = Field(default_factory=Tls)
    http: Http | None = None
    health: UrlPath | None = None
    """Path of its health endpoint, from the root of the host."""
    process: ProcessSpec | None = None
    """Its process, where it runs on this machine and faults may hit it."""
    maxBody: Size = 16 * 2**20
    """Longest answer that is read."""
