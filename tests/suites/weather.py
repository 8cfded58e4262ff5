"""The suites resilience and recovery against the resilient reference gateway, as users run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from seatrial.core.journal import read_journal
from seatrial.systems.runner import System

POLICY = """
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: heavy-weather}}
spec:
  targets:
    - {{name: bot, uri: "{uri}", model: small, apiKey: "${{env:BOT_KEY}}", process: {{pidfile: "{pidfile}"}}}}
  dependencies: {dependencies}
  traffic:
    - {{name: steady, concurrency: 4, stream: true, budget: {{requests: 4000, duration: 20s}}}}
  risk: {{dependence: independent}}
  suites: [resilience, recovery]
{more}
"""


def outcomes(folder: Path, suite: str, *defects: str, more: str = "") -> dict[str, tuple[str, str]]:
    """Outcome and reason of every item of *suite* on a gateway with *defects*."""
    arguments = [word for name in defects for word in ("--defect", name)]
    with System("reference-resilient", arguments=arguments) as system:
        text = POLICY.format(
            uri=system.uri,
            pidfile=system.pidfile,
            dependencies=json.dumps(system.dependencies),
            more=more.replace("{alerts}", str(system.ports["alerts"])),
        )
        (folder / "policy.yaml").write_text(text)
        run = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--trial-suite", suite),
                *("--trial-policy", "policy.yaml", "--trial-out", "out", "--trial-seed", "7"),
            ],
            cwd=folder,
            env={**os.environ, "BOT_KEY": str(system.api_key)},
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
    journal = folder / "out" / "journal.ndjson"
    assert journal.is_file(), run.stdout + run.stderr
    items: list[dict[str, Any]] = list(read_journal(journal).all("item"))
    return {item["id"].rpartition("::")[2]: (item["outcome"], item["reason"]) for item in items}
