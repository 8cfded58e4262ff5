"""``extends``: policies that build on others.

A mapping is merged key by key. Lists of named things (targets, traffic, objectives, waivers …) are merged by
name; any other list replaces the one below it. What the nearer policy says wins.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from seatrial.bundled import bundled
from seatrial.policy.marked import Marked, kind_of, read_document
from seatrial.policy.problems import PolicyError, Problem, did_you_mean, listed

_KEYS = ("name", "control_id", "openslo")


def find_policy(name: str, base: FilePath | None = None) -> tuple[FilePath, str]:
    """The file behind a policy's name, and how people call it.

    Args:
        name: a file, or a bundled policy such as ``tiers/business``.
        base: folder that relative files start from; the working directory by default.

    Raises:
        PolicyError: there is no such policy.
    """
    path = (base or FilePath()) / name
    if path.is_file():
        return path, _called(path)
    short = name.removeprefix("bundled/").removesuffix(".yaml")
    known = bundled_policies()
    if short in known:
        return known[short], f"bundled/{short}.yaml"
    guess = did_you_mean(short, known)
    raise PolicyError(
        [Problem(str(path), "", f"there is no such policy{guess}", f"a file, or one of: {listed(known)}")]
    )


def _called(path: FilePath) -> str:
    """A file as people name it: bundled, relative to the working directory, or as it was given."""
    for folder, prefix in ((bundled("fixtures") / "policies", "bundled/"), (FilePath.cwd(), "")):
        if path.is_absolute() and path.resolve().is_relative_to(folder.resolve()):
            return f"{prefix}{path.resolve().relative_to(folder.resolve()).as_posix()}"
    return str(path)


def bundled_policies() -> dict[str, FilePath]:
    """The policies that ship with seatrial, by name."""
    root = bundled("fixtures") / "policies"
    return {path.relative_to(root).with_suffix("").as_posix(): path for path in sorted(root.rglob("*.yaml"))}


def read_extended(path: FilePath, source: str, _above: tuple[FilePath, ...] = ()) -> Marked:
    """A policy's document merged with all it builds on.

    Raises:
        PolicyError: a file that is missing or no YAML, or policies that extend each other in a circle.
    """
    document = read_document(path, source)
    here = (*_above, path.resolve())
    merged: Marked | None = None
    for step, item in _bases(document):
        try:
            base, base_source = find_policy(item.value, path.parent)
        except PolicyError as error:
            problem = replace(error.problems[0], where=str(item.origin), field=step)
            raise PolicyError([replace(problem, what=f"{item.value!r}: {problem.what}")]) from error
        if base.resolve() in here:
            circle = " → ".join(file.name for file in (*here[here.index(base.resolve()) :], base))
            raise PolicyError([Problem(str(item.origin), step, f"policies extend each other: {circle}")])
        lower = read_extended(base, base_source, here)
        merged = lower if merged is None else merge(merged, lower)
    return document if merged is None else _named_as(merge(merged, document), document)


def merge(lower: Marked, upper: Marked, key: str | int = "") -> Marked:
    """*upper* laid over *lower*."""
    if isinstance(lower.value, dict) and isinstance(upper.value, dict):
        mapping = dict(lower.value)
        for name, item in upper.value.items():
            mapping[name] = merge(mapping[name], item, name) if name in mapping else item
        return replace(upper, value=mapping)
    lists = isinstance(lower.value, list) and isinstance(upper.value, list)
    if lists and all(_key(item, key) for item in (*lower.value, *upper.value)):
        return replace(upper, value=_merged_by_name(lower.value, upper.value, key))
    return upper


def _merged_by_name(lower: list[Marked], upper: list[Marked], key: str | int) -> list[Marked]:
    merged = list(lower)
    places: dict[Any, int] = {}
    for index, item in enumerate(lower):
        places.setdefault(_key(item, key), index)
    for item in upper:
        # A name is met once: where the upper policy says it twice, both stay, and the check for twins tells.
        place = places.pop(_key(item, key), None)
        if place is None:
            merged.append(item)
        else:
            merged[place] = merge(merged[place], item)
    return merged


def _key(item: Marked, key: str | int) -> Any:
    if isinstance(item.value, dict):
        return next((item.value[name].value for name in _KEYS if name in item.value), None)
    return item.value if key == "checklists" and isinstance(item.value, str) else None


def _bases(document: Marked) -> list[tuple[str, Marked]]:
    """What a document extends, each with its field."""
    spec = document.child("spec")
    item = spec.child("extends") if spec else None
    if item is None or item.value is None:
        return []
    steps = [("spec.extends", item)]
    if isinstance(item.value, list):
        steps = [(f"spec.extends[{index}]", base) for index, base in enumerate(item.value)]
    wrong = next((pair for pair in steps if not isinstance(pair[1].value, str)), None)
    if wrong:
        raise PolicyError(
            [
                Problem(
                    str(wrong[1].origin),
                    wrong[0],
                    f"a policy's name is expected, not {kind_of(wrong[1].value)}",
                )
            ]
        )
    return steps


def _named_as(merged: Marked, document: Marked) -> Marked:
    """*merged* under the document's own heading: a tier's name and labels are the tier's."""
    heading = {key: item for key, item in document.value.items() if key != "spec"}
    return replace(merged, value={**heading, "spec": merged.value["spec"]})
