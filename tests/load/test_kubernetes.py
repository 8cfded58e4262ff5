"""The Kubernetes manifest: whole, without privileges, and with a command line that exists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from seatrial.bundled import bundled
from seatrial.cli.app import app

FILE: Path = bundled("scenarios") / "kubernetes" / "locust.yaml"
OBJECTS: list[dict[str, Any]] = yaml.safe_load(FILE.read_text("utf-8"))["items"]
JOBS = {each["metadata"]["name"]: each for each in OBJECTS if each["kind"] == "Job"}


def pod(name: str) -> dict[str, Any]:
    found: dict[str, Any] = JOBS[name]["spec"]["template"]["spec"]
    return found


def container(name: str) -> dict[str, Any]:
    (only,) = pod(name)["containers"]
    found: dict[str, Any] = only
    return found


def test_it_is_a_service_a_master_and_workers_in_no_namespace() -> None:
    assert [each["kind"] for each in OBJECTS] == ["Service", "Job", "Job"]
    assert all("namespace" not in each["metadata"] for each in OBJECTS)
    assert all(each["apiVersion"] in ("v1", "batch/v1") for each in OBJECTS)


@pytest.mark.parametrize("name", sorted(JOBS))
def test_nothing_runs_as_root_or_without_limits(name: str) -> None:
    assert pod(name)["securityContext"]["runAsNonRoot"] is True
    assert pod(name)["securityContext"]["runAsUser"] > 0
    assert pod(name)["automountServiceAccountToken"] is False
    confined = container(name)["securityContext"]
    assert confined["allowPrivilegeEscalation"] is False
    assert confined["readOnlyRootFilesystem"] is True
    assert confined["capabilities"]["drop"] == ["ALL"]
    for bound in ("requests", "limits"):
        assert set(container(name)["resources"][bound]) == {"cpu", "memory"}


@pytest.mark.parametrize("name", sorted(JOBS))
def test_nothing_is_tried_again_and_no_secret_is_written_down(name: str) -> None:
    assert JOBS[name]["spec"]["backoffLimit"] == 0
    assert pod(name)["restartPolicy"] == "Never"
    assert container(name)["envFrom"] == [{"secretRef": {"name": "seatrial-load"}}]
    assert container(name)["image"].startswith("<"), "a placeholder, no registry"


@pytest.mark.parametrize("name", sorted(JOBS))
def test_every_mount_has_its_volume(name: str) -> None:
    volumes = {volume["name"] for volume in pod(name)["volumes"]}
    assert {mount["name"] for mount in container(name)["volumeMounts"]} <= volumes


@pytest.mark.parametrize("name", sorted(JOBS))
def test_the_command_line_exists(name: str) -> None:
    words = [*container(name)["command"], *container(name)["args"]]
    assert words[:2] == ["seatrial", "load"]
    command = app.get_command(click.Context(app), "load")
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_workers_find_their_master_and_are_as_many_as_it_waits_for() -> None:
    master, worker = container("seatrial-master")["args"], container("seatrial-worker")["args"]
    service = OBJECTS[0]
    host, port = worker[worker.index("--master") + 1].split(":")
    assert host == service["metadata"]["name"]
    assert (
        int(port)
        == service["spec"]["ports"][0]["port"]
        == container("seatrial-master")["ports"][0]["containerPort"]
    )
    selected = service["spec"]["selector"].items()
    assert selected <= JOBS["seatrial-master"]["spec"]["template"]["metadata"]["labels"].items()
    count = int(master[master.index("--workers") + 1])
    spec = JOBS["seatrial-worker"]["spec"]
    assert spec["completions"] == spec["parallelism"] == count == int(worker[worker.index("--workers") + 1])
    for option in ("--seed", "--policy", "--traffic", "--locust"):
        assert master[master.index(option) + 1] == worker[worker.index(option) + 1]
