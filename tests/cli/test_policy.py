"""`seatrial policy`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import yaml

from tests.cli.conftest import Seatrial
from tests.repo import PROJECT


def test_show_tells_each_value_and_where_it_comes_from(
    seatrial: Seatrial, policy: Callable[..., Path]
) -> None:
    done = seatrial("policy", "show", policy("http://127.0.0.1:9/v1"))
    assert done.exit_code == 0
    row = next(line for line in done.stdout.splitlines() if "objectives[latency-p95].value" in line)
    assert row.split()[1] == "5s"
    assert row.endswith("policy.yaml:16")
    assert "default" in done.stdout


def test_show_with_another_target(seatrial: Seatrial, policy: Callable[..., Path]) -> None:
    file = policy("http://127.0.0.1:9/v1")
    done = seatrial("policy", "show", file, "--target", "http://127.0.0.1:10/v1")
    assert "http://127.0.0.1:10/v1" in done.stdout
    assert "--target" in done.stdout
    # It is the same policy all the same: its digest leaves the address out.
    assert done.stdout.splitlines()[0] == seatrial("policy", "show", file).stdout.splitlines()[0]


def test_show_never_shows_a_secret(seatrial: Seatrial, policy: Callable[..., Path]) -> None:
    file = policy()
    done = seatrial("policy", "show", file)
    assert "${env:TEST_BOT_KEY}" in done.stdout
    assert os.environ["TEST_BOT_KEY"] not in done.stdout


def test_show_refuses_a_wrong_policy_with_line_and_nearest_name(seatrial: Seatrial, home: Path) -> None:
    (home / "wrong.yaml").write_text(
        "apiVersion: seatrial/v1alpha1\nkind: ReleasePolicy\nmetadata: {name: x}\nspec:\n  objectivs: []\n",
        "utf-8",
    )
    done = seatrial("policy", "show", home / "wrong.yaml")
    assert done.exit_code == 3
    assert "wrong.yaml:5" in done.stderr
    assert "did you mean 'objectives'" in done.stderr


def test_what_is_not_yaml_is_usage(seatrial: Seatrial, home: Path) -> None:
    (home / "not.yaml").write_text("{{{ : no", "utf-8")
    done = seatrial("policy", "show", home / "not.yaml")
    assert done.exit_code == 3
    assert "not.yaml:1" in done.stderr


def test_schema_is_the_published_one(seatrial: Seatrial) -> None:
    done = seatrial("policy", "schema")
    assert done.exit_code == 0
    assert json.loads(done.output)["title"] == "ReleasePolicy"
    assert done.output == (PROJECT / "reports" / "release-policy.schema.json").read_text("utf-8")


def test_list_names_the_bundled_policies(seatrial: Seatrial) -> None:
    names = [line.split()[0] for line in seatrial("policy", "list").output.splitlines()]
    assert {"demo", "demo-llm", "tiers/basic", "tiers/business", "tiers/enterprise"} <= set(names)


def test_export_openslo(seatrial: Seatrial) -> None:
    documents = list(yaml.safe_load_all(seatrial("policy", "export-openslo", "demo").output))
    assert {document["kind"] for document in documents} == {"SLO"}
    assert "availability" in {document["metadata"]["name"] for document in documents}
