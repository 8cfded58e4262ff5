"""The JSON Schema of a release policy, generated from the models, for editors and other people's tools."""

from __future__ import annotations

import json
from typing import Any

from seatrial.policy.document import ReleasePolicy
from seatrial.policy.objective import ObjectiveSpec

FILE = "release-policy.schema.json"
"""Its name among the bundled reports."""

_TEXT = {"type": "string", "minLength": 1}
_KEPTN = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"criteria": {"type": "array", "items": _TEXT}},
        "required": ["criteria"],
        "additionalProperties": False,
    },
}


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of what people write: units as text, short forms included.

    It knows shapes and not what parts say together: a policy it accepts may still be refused by
    `seatrial.policy.loader.load_policy`, which knows names, units and criteria.
    """
    schema = ReleasePolicy.model_json_schema(by_alias=True, mode="validation")
    definitions = schema["$defs"]
    for key in ("pass", "warning"):
        definitions["ObjectiveSpec"]["properties"][key]["anyOf"].append(_KEPTN)
    spec = definitions["Spec"]["properties"]
    spec["extends"]["anyOf"] = [_TEXT, {"type": "array", "items": _TEXT}]
    del spec["extends"]["type"], spec["extends"]["items"]
    _also(spec["checklists"], _TEXT)
    _also(spec["objectives"], _openslo(definitions["ObjectiveSpec"]))
    definitions["ObjectiveSpec"]["properties"]["indicator"] = {
        "description": definitions["ObjectiveSpec"]["properties"]["indicator"].get("description", ""),
        "anyOf": [_TEXT, {"type": "object", "description": "OpenSLO: ratioMetric or thresholdMetric"}],
    }
    # An address may be left to the command line.
    definitions["TargetSpec"]["required"] = ["name"]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def as_text() -> str:
    """The schema as it is published."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _also(field: dict[str, Any], short: dict[str, Any]) -> None:
    """Let the items of a list be written in a short form too."""
    field["items"] = {"anyOf": [field["items"], short]}


def _openslo(objective: dict[str, Any]) -> dict[str, Any]:
    """A reference to an OpenSLO file, with what an objective may add to it."""
    properties = {key: value for key, value in objective["properties"].items() if key != "indicator"}
    return {
        "type": "object",
        "description": f"An OpenSLO v1 document as {ObjectiveSpec.__name__}",
        "properties": {"openslo": {**_TEXT, "description": "File, relative to the policy"}, **properties},
        "required": ["openslo"],
        "additionalProperties": False,
    }
