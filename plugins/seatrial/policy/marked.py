"""YAML in which every value knows the line it stands on.

The YAML 1.2 core schema, and not PyYAML's 1.1: ``on``, ``off``, ``yes`` and ``no`` stay text (a fault is
injected *on* a dependency), ``1:30`` is no number and a date stays as it was written. A key that stands
twice in a mapping, a tag and a recursive alias are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any, Final

import yaml

from seatrial.policy.problems import Path, PolicyError, Problem, field_text

_MAX_BYTES: Final = 4 * 2**20
_MAX_NODES: Final = 200_000
_MAX_DEPTH: Final = 64


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from.

    Attributes:
        source: a file as people name it, ``default``, or an option of the command line.
        line: counted from 1; 0 where there is no line.
        folder: where the file lies, and relative names in it start; None where there is no file.
    """

    source: str
    line: int = 0
    folder: FilePath | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.source}:{self.line}" if self.line else self.source


@dataclass(frozen=True, slots=True)
class Marked:
    """A value with its origin.

    Attributes:
        value: a scalar, a list of Marked or a dict of Marked.
        origin: for the value of a mapping's key, where that key stands.
        reference: the text before environment references in it were replaced, where there were any.
    """

    value: Any
    origin: Origin
    reference: str | None = None

    def at(self, path: Path) -> Marked:
        """The value at *path*, or the deepest one on the way there."""
        here = self
        for step in path:
            inside = here.child(step)
            if inside is None:
                break
            here = inside
        return here

    def child(self, step: str | int) -> Marked | None:
        """What stands under a key or a list position, or None."""
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and 0 <= step < len(self.value):
            found: Marked = self.value[step]
            return found
        return None

    def named(self, name: str | int) -> Marked | None:
        """The item of a list that is called *name*, or None."""
        for item in self.value if isinstance(self.value, list) else ():
            own = item.child("name")
            if own is not None and own.value == name:
                found: Marked = item
                return found
        return None

    def walk(self, path: Path = ()) -> Iterator[tuple[Path, Marked]]:
        """Every value with its path, parents first."""
        yield path, self
        if isinstance(self.value, dict):
            for key, item in self.value.items():
                yield from item.walk((*path, key))
        elif isinstance(self.value, list):
            for index, item in enumerate(self.value):
                yield from item.walk((*path, index))

    def plain(self) -> Any:
        """The bare data."""
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def put(self, path: Path, value: Marked) -> Marked:
        """A copy with *value* at *path*; mappings on the way are made where they are missing."""
        if not path:
            return value
        step, rest = path[0], path[1:]
        if isinstance(step, int):
            items = list(self.value)
            items[step] = items[step].put(rest, value)
            return replace(self, value=items)
        mapping = dict(self.value) if isinstance(self.value, dict) else {}
        mapping[step] = mapping.get(step, Marked({}, value.origin)).put(rest, value)
        return replace(self, value=mapping)

    def problem(self, path: Path, what: str, hint: str = "") -> Problem:
        """A problem at *path* of this document."""
        return Problem(str(self.at(path).origin), field_text(path), what, hint)


def mark(value: Any, origin: Origin) -> Marked:
    """Plain data as Marked, everything with the same origin."""
    if isinstance(value, dict):
        return Marked({str(key): mark(item, origin) for key, item in value.items()}, origin)
    if isinstance(value, list):
        return Marked([mark(item, origin) for item in value], origin)
    return Marked(value, origin)


def read_documents(path: FilePath, source: str | None = None) -> list[Marked]:
    """The documents of a YAML file.

    Args:
        path: the file.
        source: how people name the file; default is *path* as given.

    Raises:
        PolicyError: the file cannot be read, is not YAML, or says something twice.
    """
    source = source or str(path)
    text = _read(path, source)
    try:
        nodes = list(yaml.compose_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        position = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.problem, error.context) if part)
        line = position.line + 1 if position else 0
        raise PolicyError([_not_yaml(Origin(source, line), said)]) from error
    except yaml.YAMLError as error:
        said = str(getattr(error, "reason", None) or error).splitlines()[0]
        raise PolicyError([_not_yaml(Origin(source), said)]) from error
    except RecursionError as error:
        raise PolicyError([_not_yaml(Origin(source), "it is nested too deeply")]) from error
    builder = _Builder(source, path.parent)
    documents = [builder.build(node, 0) for node in nodes if node is not None]
    if builder.problems:
        raise PolicyError(builder.problems)
    return documents


def read_document(path: FilePath, source: str | None = None) -> Marked:
    """The one document of a YAML file, a mapping.

    Raises:
        PolicyError: as `read_documents`, and where the file holds no mapping or more than one document.
    """
    documents = read_documents(path, source)
    source = source or str(path)
    if not documents:
        raise PolicyError([Problem(source, "", "the file is empty")])
    if len(documents) > 1:
        second = str(documents[1].origin)
        raise PolicyError([Problem(second, "", "a second document begins here, one is expected")])
    if not isinstance(documents[0].value, dict):
        what = f"a mapping of keys is expected, not {kind_of(documents[0].value)}"
        raise PolicyError([Problem(str(documents[0].origin), "", what)])
    return documents[0]


def kind_of(value: Any) -> str:
    """What a YAML value is, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"the text {value!r}" if isinstance(value, str) else f"the number {value!r}"


def _read(path: FilePath, source: str) -> str:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise PolicyError([Problem(source, "", "the file is larger than 4 MiB: it is no policy")])
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise PolicyError([Problem(source, "", "there is no such file")]) from error
    except OSError as error:
        raise PolicyError([Problem(source, "", f"the file cannot be read ({error.strerror})")]) from error
    except UnicodeDecodeError as error:
        raise PolicyError([_not_yaml(Origin(source), "it is not UTF-8 text")]) from error


def _not_yaml(origin: Origin, said: str) -> Problem:
    return Problem(str(origin), "", f"this is not YAML: {said}")


class _Loader(yaml.SafeLoader):
    """Composes nodes with the scalars of the YAML 1.2 core schema."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own name, replaced on purpose


_NULL, _BOOL, _INT, _FLOAT, _STR = (
    f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float", "str")
)
for _tag, _pattern, _first in (
    (_NULL, r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    (_BOOL, r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    (_INT, r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        _FLOAT,
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), _first)


class _Builder:
    """Turns composed nodes into Marked values and collects what is wrong on the way."""

    def __init__(self, source: str, folder: FilePath) -> None:
        self.source = source
        self.folder = folder
        self.problems: list[Problem] = []
        self._nodes = 0

    def build(self, node: yaml.Node, depth: int, origin: Origin | None = None) -> Marked:
        origin = origin or self._origin(node)
        self._nodes += 1
        if depth > _MAX_DEPTH or self._nodes > _MAX_NODES:
            said = "an alias contains itself, or the document is nested too deeply"
            raise PolicyError([_not_yaml(origin, said)])
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return Marked(self._mapping(node, depth), origin)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return Marked([self.build(item, depth + 1) for item in node.value], origin)
        return Marked(self._scalar(node), origin)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Marked]:
        mapping: dict[str, Marked] = {}
        for key, value in node.value:
            origin = self._origin(key)
            if not isinstance(key, yaml.ScalarNode) or key.tag == _NULL:
                self._complain(origin, "a key is a word, not a list, a mapping or nothing")
            elif key.value in mapping:
                first = mapping[key.value].origin.line
                self._complain(
                    origin, f"the key {key.value!r} stands here a second time (first in line {first})"
                )
            else:
                mapping[key.value] = self.build(value, depth + 1, origin)
        return mapping

    def _scalar(self, node: yaml.Node) -> Any:
        text = node.value
        if node.tag == _STR:
            return text
        if node.tag == _NULL:
            return None
        if node.tag == _BOOL:
            return text.lower() == "true"
        if node.tag == _INT and len(text) > 100:
            self._complain(self._origin(node), "a number of more than 100 digits")
            return 0
        if node.tag == _INT:
            return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
        if node.tag == _FLOAT:
            return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
        self._complain(self._origin(node), f"the tag {node.tag!r} is not accepted", "write a plain value")
        return None

    def _complain(self, origin: Origin, what: str, hint: str = "") -> None:
        self.problems.append(Problem(str(origin), "", what, hint))

    def _origin(self, node: yaml.Node) -> Origin:
        return Origin(self.source, node.start_mark.line + 1, self.folder)
