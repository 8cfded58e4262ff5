"""`http-json`: any model behind a REST endpoint, described by a body template and JSONPaths."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from seatrial.core.errors import UsageError
from seatrial.core.exchange import ErrorKind, Usage
from seatrial.targets.config import HttpJson, TargetConfig, check_header
from seatrial.targets.reader import Reader
from seatrial.targets.secret import Secret
from seatrial.targets.wire import Prompt, WireRequest, encode_json

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][\w.-]*)\s*\}\}")
# A JSON string, or a placeholder outside of one.
STRING_OR_BARE = re.compile(r'"(?:[^"\\]|\\.)*"|\{\{\s*[A-Za-z_][\w.-]*\s*\}\}', re.DOTALL)
PATHS = ("answer", "finish_reason", "model", "input_tokens", "output_tokens", "error")
Finder = Callable[[Any], list[Any]]


class HttpJsonModel:
    """Builds requests from the target's template and reads answers by its paths.

    Raises:
        UsageError: the template is not JSON, or a path is not JSONPath.
    """

    def __init__(self, config: TargetConfig) -> None:
        self._config = config
        self._options = options = config.http_json or HttpJson()
        self._where = f"target {config.name!r} http_json"
        for name, value in options.headers.items():
            check_header(name, value, f"{self._where}.headers")
        self._body = read_template(options.body, f"{self._where}.body")
        self.paths: dict[str, Finder] = {}
        for name in PATHS:
            expression = getattr(options, name)
            if expression is not None:
                self.paths[name] = compile_path(expression, f"{self._where}.{name}")

    def build(self, prompt: Prompt, stream: bool) -> WireRequest:
        """The request: each placeholder becomes a value, so that the body is JSON whatever the prompt holds.

        Raises:
            UsageError: the template names a placeholder that the prompt has no value for.
        """
        options = self._options
        values: dict[str, Any] = {
            "prompt": prompt.text,
            "messages": list(prompt.messages),
            "model": prompt.model or self._config.model,
            "max_tokens": prompt.max_tokens,
            "tools": list(prompt.tools),
            "stream": stream,
            **prompt.params,
        }
        body = b"" if self._body is None else encode_json(self._fill(self._body, values))
        accept = "text/event-stream" if stream else "application/json"
        headers: list[tuple[str, str | Secret]] = [("content-type", "application/json")] if body else []
        headers += [("accept", accept), *options.headers.items()]
        return WireRequest(options.method.upper(), options.path, tuple(headers), body, stream)

    def authorize(self, api_key: Secret) -> tuple[tuple[str, Secret], ...]:
        return (("authorization", Secret(f"Bearer {api_key.reveal()}")),)

    def reader(self, stream: bool) -> HttpJsonReader:
        return HttpJsonReader(stream, self._config, self.paths, self._options.end)

    def _fill(self, template: Any, values: Mapping[str, Any]) -> Any:
        if isinstance(template, dict):
            return {key: self._fill(value, values) for key, value in template.items()}
        if isinstance(template, list):
            return [self._fill(value, values) for value in template]
        if not isinstance(template, str):
            return template
        alone = PLACEHOLDER.fullmatch(template.strip())
        if alone:
            return self._value(alone[1], values)
        return PLACEHOLDER.sub(lambda match: _as_text(self._value(match[1], values)), template)

    def _value(self, name: str, values: Mapping[str, Any]) -> Any:
        if name not in values:
            hint = f"known are: {', '.join(sorted(values))}; others come from the prompt's params"
            raise UsageError(
                f"nothing to put in place of {{{{{name}}}}}", where=f"{self._where}.body", hint=hint
            )
        return values[name]


class HttpJsonReader(Reader):
    """Reads one answer by its paths; in a stream each event is asked for its piece of the answer."""

    def __init__(
        self, stream: bool, config: TargetConfig, paths: Mapping[str, Finder], end: str | None
    ) -> None:
        super().__init__(stream, config)
        self._paths = paths
        self._end = end
        self._ended = False

    def on_event(self, kind: str, payload: str, at: float) -> None:
        if payload in ("[DONE]", self._end):
            self._ended = True
            return
        if self.error is not None:
            return
        if kind == "error":
            self.fail(ErrorKind.STREAM_ERROR, f"an error inside the stream: {self.excerpt(payload)}")
            return
        value = self.parse(payload)
        if self.error is not None or self._failed(value):
            return
        self._facts(value)
        piece = self._answer(value)
        if piece:
            self.text.append(piece)
            self.times.append(at)

    def on_json(self, value: Any) -> None:
        if self._failed(value):
            return
        self._facts(value)
        piece = self._answer(value)
        if piece is None:
            path = self.config.http_json.answer if self.config.http_json else ""
            shown = self.excerpt(json.dumps(value, ensure_ascii=False), 80)
            self.fail(ErrorKind.MALFORMED, f"the answer has nothing at {path}: {shown}")
        elif not piece.strip():
            self.fail(ErrorKind.EMPTY, "an empty answer")
        else:
            self.text.append(piece)

    def on_end(self) -> None:
        if self._end is not None and not self._ended:
            self.fail(ErrorKind.TRUNCATED, f"the stream ended without {self._end}")
        elif not any(self.text):
            self.fail(ErrorKind.EMPTY, "the stream carried no answer")

    def _answer(self, value: Any) -> str | None:
        """The answer's text; None where the path leads nowhere."""
        if "answer" not in self._paths:
            return _as_text(value)
        found = self._paths["answer"](value)
        if not found:
            return None
        value = found[0] if len(found) == 1 else found
        return "" if value is None else _as_text(value)

    def _failed(self, value: Any) -> bool:
        found = self._first("error", value)
        if found:
            said = self.excerpt(_as_text(found))
            self.fail(ErrorKind.STREAM_ERROR, f"an error with HTTP {self.status}: {said}")
        return bool(found)

    def _facts(self, value: Any) -> None:
        finish, model = self._first("finish_reason", value), self._first("model", value)
        self.finish_reason = _as_text(finish) if finish is not None else self.finish_reason
        self.model = _as_text(model) if model is not None else self.model
        given, made = self._first("input_tokens", value), self._first("output_tokens", value)
        if type(given) is int and type(made) is int:
            self.usage = Usage(given, made)

    def _first(self, name: str, value: Any) -> Any:
        find = self._paths.get(name)
        found = find(value) if find else []
        return found[0] if found else None


def read_template(body: Any, where: str) -> Any:
    """A body template as a JSON value; a text may hold placeholders with or without quotes around them.

    Raises:
        UsageError: it is not JSON.
    """
    if not isinstance(body, str):
        return body
    quoted = STRING_OR_BARE.sub(lambda match: match[0] if match[0][0] == '"' else f'"{match[0]}"', body)
    try:
        return json.loads(quoted)
    except ValueError as error:
        hint = 'for example {"inputs": "{{prompt}}"}'
        raise UsageError(f"the body template is not JSON ({error})", where=where, hint=hint) from None


def compile_path(expression: str, where: str) -> Finder:
    """A JSONPath as a function that gives all values it finds.

    Raises:
        UsageError: not a JSONPath.
    """
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.ext.parser import parse

    try:
        path = parse(expression)
    except JSONPathError as error:
        hint = "for example $.outputs[0].text"
        raise UsageError(f"{expression!r} is not a JSONPath ({error})", where=where, hint=hint) from None
    return lambda value: [match.value for match in path.find(value)]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
