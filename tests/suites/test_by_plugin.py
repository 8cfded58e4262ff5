"""The suites as users run them: by the pytest plugin, under a policy, with a journal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from seatrial.core.journal import read_journal
from tests.suites.gateways import gateway

KEY = "sk-canary-5f2b8c1e9a7d40368e1b"
POLICY = """
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: contract-only}}
spec:
  targets:
    - {{name: bot, uri: "{uri}", model: small, apiKey: "${{env:BOT_KEY}}", health: /health}}
  suites: [contract, identity]
"""


def trial(folder: Path, *defects: str) -> subprocess.CompletedProcess[str]:
    """Both suites against a gateway with *defects*, its files in *folder*."""
    suites = ["--trial-suite=contract", "--trial-suite=identity"]
    files = [
        f"--trial-policy={folder / 'policy.yaml'}",
        f"--trial-out={folder / 'out'}",
        f"--junit-xml={folder / 'j.xml'}",
    ]
    with gateway(*defects, keys=(KEY,)) as uri:
        (folder / "policy.yaml").write_text(POLICY.format(uri=uri))
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--showlocals", *suites, *files],
            cwd=folder,
            env={**os.environ, "BOT_KEY": KEY},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


def test_a_healthy_gateway_passes(tmp_path: Path) -> None:
    run = trial(tmp_path)
    assert run.returncode == 0, run.stdout
    items = list(read_journal(tmp_path / "out" / "journal.ndjson").all("item"))
    applicable = [item for item in items if item["outcome"] != "NOT_APPLICABLE"]
    assert {item["outcome"] for item in applicable} == {"PASSED"}
    assert {item["suite"] for item in applicable} == {"contract", "identity"}
    assert all(item["exchanges"] > 0 for item in applicable)
    assert len(applicable) >= 45
    assert all(item["title"][0].isupper() for item in items)


def test_a_key_that_a_target_gives_away_is_not_given_away_by_us(tmp_path: Path) -> None:
    run = trial(tmp_path, "key-echoed-in-error")
    assert run.returncode == 1, run.stdout
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    told = run.stdout + run.stderr + "".join(file.read_text(errors="replace") for file in files)
    assert "the key sent comes back in a status 401" in told
    assert KEY not in told
    assert KEY[:-1] not in told  # the near miss that a check sends
