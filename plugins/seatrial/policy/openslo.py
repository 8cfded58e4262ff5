"""OpenSLO v1 documents taken as objectives of a policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from seatrial.policy.marked import Marked, read_documents
from seatrial.policy.parts import file_of
from seatrial.policy.problems import Path, PolicyError, Problem, did_you_mean, field_text, listed

VERSION = "openslo/v1"

_SLO_KEYS = (
    "description", "service", "indicator", "indicatorRef", "timeWindow", "budgetingMethod", "objectives",
    "alertPolicies",
)  # fmt: skip
_OBJECTIVE_KEYS = ("displayName", "op", "value", "unit", "target", "targetPercent")


def expand(tree: Marked) -> tuple[Marked, list[Problem]]:
    """*tree* with each objective ``{openslo: FILE, traffic: NAME}`` replaced by what the file says."""
    items = tree.at(("spec", "objectives"))
    if not isinstance(items.value, list) or not any(item.child("openslo") for item in items.value):
        return tree, []
    problems: list[Problem] = []
    expanded: list[Marked] = []
    for index, item in enumerate(items.value):
        if item.child("openslo") is None:
            expanded.append(item)
            continue
        try:
            expanded += _from_file(item, ("spec", "objectives", index, "openslo"))
        except PolicyError as error:
            problems += error.problems
    return tree.put(("spec", "objectives"), replace(items, value=expanded)), problems


def _from_file(item: Marked, path: Path) -> list[Marked]:
    """The objectives of the SLOs in the file that *item* names; its other keys are laid over each."""
    name = item.value["openslo"]
    if not isinstance(name.value, str):
        raise PolicyError([Problem(str(name.origin), field_text(path), "the name of a file is expected")])
    file = file_of(name.value, name.origin.folder)
    if not file.is_file():
        raise PolicyError([Problem(str(name.origin), field_text(path), f"there is no file {name.value!r}")])
    documents = _Documents(read_documents(file))
    found = [objective for slo in documents.slos() for objective in documents.objectives(slo)]
    if documents.problems:
        raise PolicyError(documents.problems)
    if not found:
        what = f"there is no SLO of {VERSION} in {name.value!r}"
        raise PolicyError([Problem(str(name.origin), field_text(path), what)])
    given = {key: value for key, value in item.value.items() if key != "openslo"}
    if "name" in given and len(found) > 1:
        what = f"one name for the {len(found)} objectives of {name.value!r}: leave it out"
        raise PolicyError([Problem(str(given["name"].origin), field_text((*path[:-1], "name")), what)])
    return [replace(objective, value={**objective.value, **given}) for objective in found]


class _Documents:
    """The SLO, SLI and DataSource documents of one file."""

    def __init__(self, documents: list[Marked]) -> None:
        self.problems: list[Problem] = []
        self._by_kind: dict[str, dict[str, Marked]] = {"SLO": {}, "SLI": {}, "DataSource": {}}
        for document in documents:
            self._take(document)

    def _take(self, document: Marked) -> None:
        kind, version = (_scalar(document, key) for key in ("kind", "apiVersion"))
        if version != VERSION:
            self._complain(document, "apiVersion", f"{version!r} is not {VERSION!r}")
        elif kind not in self._by_kind:
            known = self._by_kind
            self._complain(
                document, "kind", f"unknown kind {kind!r}{did_you_mean(str(kind), known)}", listed(known)
            )
        else:
            name = _scalar(document.at(("metadata",)), "name")
            self._by_kind[kind][str(name or kind)] = document

    def slos(self) -> Iterator[Marked]:
        """Every SLO document."""
        yield from self._by_kind["SLO"].values()

    def objectives(self, slo: Marked) -> Iterator[Marked]:
        """An SLO's objectives as objectives of a policy."""
        spec = slo.child("spec")
        if spec is None or not isinstance(spec.value, dict):
            self._complain(slo, "spec", "an SLO has a spec")
            return
        self._keys(spec, _SLO_KEYS)
        method = _scalar(spec, "budgetingMethod")
        if method not in (None, "Occurrences"):
            what = f"budgetingMethod {method!r} cannot be judged in a trial"
            self._complain(spec, "budgetingMethod", what, "only Occurrences, which counts requests")
        items = spec.child("objectives")
        if items is None or not isinstance(items.value, list) or not items.value:
            self._complain(spec, "objectives", "an SLO has objectives")
            return
        name = str(_scalar(slo.at(("metadata",)), "name"))
        for number, item in enumerate(items.value, 1):
            self._keys(item, _OBJECTIVE_KEYS)
            suffix = f"-{number}" if len(items.value) > 1 else ""
            yield self._objective(slo, item, name + suffix)

    def _objective(self, slo: Marked, item: Marked, name: str) -> Marked:
        spec, origin = slo.at(("spec",)), item.origin
        fields: dict[str, Marked | None] = {
            "name": Marked(name, slo.at(("metadata", "name")).origin),
            "description": spec.child("description"),
            "indicator": self._indicator(spec),
            **{key: item.child(key) for key in ("op", "value", "unit", "target")},
        }
        percent = item.child("targetPercent")
        if percent is not None:
            fields["target"] = replace(percent, value=f"{percent.value}%")
        unit = self._unit(fields["indicator"])
        if unit is not None and fields["unit"] is None and fields["value"] is not None:
            fields["unit"] = unit
        return Marked({key: value for key, value in fields.items() if value is not None}, origin)

    def _indicator(self, spec: Marked) -> Marked | None:
        """The indicator itself, with references to other documents followed."""
        reference = spec.child("indicatorRef")
        indicator = spec.child("indicator")
        if reference is not None:
            indicator = self._by_kind["SLI"].get(str(reference.value))
            if indicator is None:
                known = self._by_kind["SLI"]
                guess = did_you_mean(str(reference.value), known)
                what = f"there is no SLI {reference.value!r} in the file{guess}"
                self._complain(spec, "indicatorRef", what)
                return None
        if indicator is None:
            self._complain(spec, "indicator", "an SLO has an indicator, or an indicatorRef")
            return None
        if indicator.child("spec") is None:
            return indicator
        return replace(indicator, value={"spec": self._sourced(indicator.value["spec"])})

    def _sourced(self, item: Marked) -> Marked:
        """*item* with the type of each DataSource it refers to written out."""
        if isinstance(item.value, list) or not isinstance(item.value, dict):
            return item
        inner = {key: self._sourced(value) for key, value in item.value.items()}
        reference = inner.pop("metricSourceRef", None)
        if reference is not None:
            source = self._by_kind["DataSource"].get(str(reference.value))
            kind = source.at(("spec", "type")) if source is not None else reference
            inner.setdefault("type", kind)
        return replace(item, value=inner)

    def _unit(self, indicator: Marked | None) -> Marked | None:
        if indicator is None:
            return None
        for path in (("metricSource", "spec", "unit"), ("spec", "unit")):
            here = indicator.at(("spec", "thresholdMetric", *path))
            if isinstance(here.value, str) and indicator.at(("spec", "thresholdMetric", *path[:-1])).child(
                "unit"
            ):
                return here
        return None

    def _keys(self, item: Marked, known: tuple[str, ...]) -> None:
        for key, value in item.value.items() if isinstance(item.value, dict) else ():
            if key not in known:
                what = f"unknown key {key!r}{did_you_mean(key, known)}"
                self.problems.append(Problem(str(value.origin), key, what, f"known here: {listed(known)}"))

    def _complain(self, item: Marked, key: str, what: str, hint: str = "") -> None:
        self.problems.append(Problem(str(item.at((key,)).origin), key, what, hint))


def _scalar(item: Marked, key: str) -> Any:
    found = item.child(key)
    return None if found is None else found.value
