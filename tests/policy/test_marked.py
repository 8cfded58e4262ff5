# ruff: noqa: E501 - texts stand as people read them
"""YAML that knows its lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.policy.marked import Marked, Origin, kind_of, mark, read_document, read_documents
from seatrial.policy.problems import PolicyError


def _read(text: str | bytes) -> Marked:
    Path("a.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_document(Path("a.yaml"))


def _refused(text: str | bytes) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        _read(text)
    return [str(problem) for problem in caught.value.problems]


def test_every_value_knows_its_line() -> None:
    tree = _read("a: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n")
    assert tree.plain() == {"a": 1, "b": ["x", {"c": 2, "d": 3}]}
    assert [str(item.origin) for _, item in tree.walk()] == [
        "a.yaml:1", "a.yaml:1", "a.yaml:2", "a.yaml:3", "a.yaml:4", "a.yaml:4", "a.yaml:5",
    ]  # fmt: skip


def test_scalars_of_yaml_1_2() -> None:
    text = "on: yes\noff: no\nt: 1:30\nd: 2026-12-01\nn: 007\nh: 0x1F\no: 0o17\nf: 1e3\nb: true\nz: ~\ni: -.inf\n"
    assert _read(text).plain() == {
        "on": "yes", "off": "no", "t": "1:30", "d": "2026-12-01", "n": 7, "h": 31, "o": 15, "f": 1000.0,
        "b": True, "z": None, "i": float("-inf"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "a.yaml:3: the key 'a' stands here a second time (first in line 1)"),
        ("a: [1\n", "a.yaml:2: this is not YAML: expected ',' or ']', but got '<stream end>' while parsing a flow sequence"),
        ("", "a.yaml: the file is empty"),
        ("# only words\n", "a.yaml: the file is empty"),
        ("- 1\n", "a.yaml:1: a mapping of keys is expected, not a list"),
        ("hello\n", "a.yaml:1: a mapping of keys is expected, not the text 'hello'"),
        ("a: 1\n---\nb: 2\n", "a.yaml:3: a second document begins here, one is expected"),
        ("a: !!python/object:os.system {}\n", "a.yaml:1: the tag 'tag:yaml.org,2002:python/object:os.system' is not accepted\n  write a plain value"),
        ("? [a]\n: 1\n", "a.yaml:1: a key is a word, not a list, a mapping or nothing"),
        ("a: &x [*x]\n", "a.yaml:1: this is not YAML: an alias contains itself, or the document is nested too deeply"),
        ("a: " + "9" * 5000 + "\n", "a.yaml:1: a number of more than 100 digits"),
        (b"\xff\xfe\x00", "a.yaml: this is not YAML: it is not UTF-8 text"),
        (b"a: \x00\n", "a.yaml: this is not YAML: special characters are not allowed"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str | bytes, said: str) -> None:
    assert _refused(text) == [said]


def test_all_twins_are_told_at_once() -> None:
    assert len(_refused("a: 1\na: 2\nb: {c: 1, c: 2}\n")) == 2


def test_a_laughing_billion_ends() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert _refused("\n".join(lines))[0].startswith("a.yaml:")


def test_deep_nesting_ends() -> None:
    assert "nested too deeply" in _refused("a: " + "[" * 500 + "]" * 500)[0]
    assert "nested too deeply" in _refused("a: " + "[" * 20000 + "]" * 20000)[0]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, said in (
        (tmp_path / "none.yaml", "there is no such file"),
        (tmp_path, "the file cannot be read"),
    ):
        with pytest.raises(PolicyError, match=said):
            read_documents(path)
    big = tmp_path / "big.yaml"
    with big.open("wb") as file:
        file.truncate(5 * 2**20)
    with pytest.raises(PolicyError, match="larger than 4 MiB"):
        read_documents(big)


def test_a_tree_is_changed_by_copy() -> None:
    tree = _read("a: {b: [1, 2]}\n")
    changed = tree.put(("a", "b", 1), Marked(3, Origin("--x"))).put(("c", "d"), Marked(4, Origin("--y")))
    assert tree.plain() == {"a": {"b": [1, 2]}}
    assert changed.plain() == {"a": {"b": [1, 3]}, "c": {"d": 4}}
    assert str(changed.at(("a", "b", 1)).origin) == "--x"
    assert changed.at(("a", "zzz")) is changed.child("a")


def test_items_by_name() -> None:
    tree = mark([{"name": "x", "v": 1}, {"v": 2}], Origin("default"))
    found = tree.named("x")
    assert found is not None
    assert found.plain() == {"name": "x", "v": 1}
    assert tree.named("y") is None


def test_kinds_in_words() -> None:
    values: tuple[object, ...] = (None, True, {}, [], "x", 1.5)
    kinds = [kind_of(value) for value in values]
    assert kinds == ["nothing", "true", "a mapping", "a list", "the text 'x'", "the number 1.5"]
