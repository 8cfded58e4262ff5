"""The page on arrivals cannot lie: each of its examples is sent, and it knows every kind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.load import from_policy
from seatrial.load.recording import COLUMNS
from seatrial.policy.arrivals import KINDS
from seatrial.policy.loader import LoadedPolicy, load_policy
from seatrial.policy.marked import read_document
from seatrial.policy.traffic import BudgetSpec, TrafficSpec
from seatrial.targets.config import TargetConfig
from tests.load.echo import Echo
from tests.repo import PROJECT

PAGE = (PROJECT / "docs" / "arrivals.md").read_text("utf-8")
HEAD = """\
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {name: shown}
spec:
  targets: [{name: bot, protocol: openai-chat, uri: "http://127.0.0.1:9/v1", model: small}]
  risk: {dependence: independent, min_duration: 0, segments: 1}
"""
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sections() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Heading and blocks of every part of the page that shows something."""
    for part in PAGE.split("\n## ")[1:]:
        found = BLOCK.findall(part)
        if found:
            yield part.partition("\n")[0], found


SHOWN = dict(sections())


def write(folder: Path, blocks: list[tuple[str, str]]) -> Iterator[LoadedPolicy]:
    """Each policy of a part, with the file that its trace names."""
    named = re.search(r"file: ([\w.]+)", "".join(text for _, text in blocks))
    for language, text in blocks:
        if language in ("csv", "jsonl"):
            assert named is not None
            (folder / named[1]).write_text(text, "utf-8")
    for text in (text for language, text in blocks if language == "yaml"):
        (folder / "part.yaml").write_text(text, "utf-8")
        part = read_document(folder / "part.yaml").plain()
        up = {"indicator": "availability", "target": "9%"}
        names = [each["name"] for each in part["traffic"]]
        part.setdefault("objectives", [{"name": f"{name}-up", "traffic": name, **up} for name in names])
        lines = [f"  {key}: {json.dumps(value)}\n" for key, value in part.items()]
        (folder / "policy.yaml").write_text(HEAD + "".join(lines), "utf-8")
        yield load_policy(folder / "policy.yaml")


def quick(spec: TrafficSpec) -> TrafficSpec:
    """The same in less time: a few requests, no thinking for seconds, rates of hours in a moment."""
    arrivals, hurry = spec.arrivals, 500.0
    assert arrivals is not None
    times = ("each", "at", "lasting", "period", "think_time")
    rates = ("rate", "start", "peak", "amplitude")
    changes: dict[str, Any] = {
        name: value / hurry for name in times if (value := getattr(arrivals, name)) is not None
    }
    changes |= {name: value * 20 for name in rates if (value := getattr(arrivals, name)) is not None}
    changes |= {"rates": tuple(rate * 20 for rate in arrivals.rates)} if arrivals.rates else {}
    update = {
        "arrivals": arrivals.model_copy(update=changes),
        "duration": None if spec.duration is None else spec.duration / hurry,
        "budget": BudgetSpec.model_validate({"requests": 16, "duration": "10s"}),
        "warmup": min(spec.warmup, 2),
    }
    return spec.model_copy(update=update)


@pytest.mark.parametrize("heading", SHOWN)
def test_what_is_shown_is_sent(tmp_path: Path, heading: str) -> None:
    sent = 0
    with Echo() as echo:
        for loaded in write(tmp_path, SHOWN[heading]):
            assert list(loaded.notices) == []
            for spec in loaded.spec.traffic:
                configs = {"bot": TargetConfig(uri=echo.uri, model="small", name="bot")}
                traffic = from_policy.traffic(
                    loaded, spec.name, configs, seed=3, record=lambda event, **told: None, spec=quick(spec)
                )
                traffic.extend(lambda: False)
                traffic.close()
                assert traffic.log.ok().all()
                assert len(traffic.log) >= 2
                sent += 1
    assert sent


def test_every_kind_is_shown_and_every_column_named() -> None:
    shown = set(re.findall(r"kind: ([\w-]+)", "".join(text for each in SHOWN.values() for _, text in each)))
    assert shown == set(KINDS)
    plain = re.sub(r"[ _]", "", PAGE.lower())
    for names in COLUMNS.values():
        for name in names:
            assert f"`{name.replace('_', '')}`" in plain, name


def test_mlperfs_figures_are_those_of_the_code() -> None:
    from seatrial.policy.arrivals import LATENCY_SHARES

    for kind, share in LATENCY_SHARES.items():
        assert re.search(rf"^\| `{kind}` .* p{share * 100:g} of latency", PAGE, re.MULTILINE), kind
