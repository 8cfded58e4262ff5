"""The load generators that bench_load_peers compares with, each in a virtual environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from seatrial.core.errors import HarnessError
from seatrial.systems import venv

CONNECTIONS = 32
PATIENCE = 300.0  # seconds for one run of a peer
ROOM = 8e9  # bytes of free disk, below which nothing is installed: the packages of each take 1 to 2 GB
TEXT = "Tell me about the sea. " * 8
WORDS = ("Tell", "me", "about", "the", "sea", ".", "word", "[UNK]")

# Everything stays on this machine, and one core needs no more than one worker.
ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "GUIDELLM__MAX_WORKER_PROCESSES": "1",
    "NO_PROXY": "127.0.0.1",
}

# Whoever is left behind by the peer's own processes comes to this one, so that its CPU is counted as well.
LAUNCHER = """
import ctypes, resource, subprocess, sys
from contextlib import suppress
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
code = subprocess.call(sys.argv[1:])
with suppress(ChildProcessError):
    while True:
        __import__("os").wait()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("CPU", used.ru_utime + used.ru_stime, file=sys.stderr)
sys.exit(code)
"""


@dataclass(frozen=True)
class Peer:
    """A load generator.

    Attributes:
        packages: as pip takes them.
        arguments: its command, after the folder of its environment's programs, for a folder made by
            `furnish`, a base URL without ``/v1`` and a number of requests.
    """

    name: str
    packages: tuple[str, ...]
    arguments: Callable[[Path, str, int], list[str]]

    def install(self, cache: Path) -> Path:
        """The folder of its programs below *cache*; made where there is none.

        Raises:
            HarnessError: it cannot be installed here.
        """
        os.environ[venv.CACHE] = str(cache)
        cache.mkdir(parents=True, exist_ok=True)
        folder = venv.venv_folder(self.name.lower(), self.packages)
        if not (folder / venv.DONE).is_file():
            free = shutil.disk_usage(cache).free
            if free < ROOM:
                raise HarnessError(f"{free / 1e9:.1f} GB are free in {cache}, {ROOM / 1e9:g} GB are wanted")
            print(f"       installing {', '.join(self.packages)} below {cache}", flush=True)
        return venv.ensure_venv(self.name.lower(), self.packages) / "bin"

    def run(self, programs: Path, url: str, requests: int) -> float:
        """CPU seconds of the whole process tree of one run, from its first to its last instruction.

        Raises:
            HarnessError: it failed, or did not end in time.
        """
        with TemporaryDirectory(prefix="seatrial-peer-") as name:
            folder = Path(name)
            furnish(folder, requests)
            program, *arguments = self.arguments(folder, url, requests)
            command = [sys.executable, "-c", LAUNCHER, str(programs / program), *arguments]
            return _measured(self.name, command, folder)


def _measured(name: str, command: list[str], folder: Path) -> float:
    paths = f"{Path(command[3]).parent}{os.pathsep}{os.environ['PATH']}"
    own = {"HOME": str(folder), "HF_HOME": str(folder), "PATH": paths}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder,
        env={**os.environ, **ENVIRONMENT, **own}, start_new_session=True,
    )  # fmt: skip
    try:
        said, told = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise HarnessError(f"{name} did not end within {PATIENCE:g} s") from error
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        last = "\n".join((said + told).splitlines()[-15:])
        raise HarnessError(f"{name} ended with code {process.returncode}", hint=f"it said last:\n{last}")
    return float(told.rpartition("CPU ")[2].split()[0])


def furnish(folder: Path, requests: int) -> None:
    """Prompts, and a tokenizer of a few words as if it had been downloaded: neither is the question.

    AIPerf asks a prompt again and again; GuideLLM ends with its file.
    """
    row = json.dumps({"text": TEXT}) + "\n"
    (folder / "few.jsonl").write_text(row * 64, "utf-8")
    (folder / "all.jsonl").write_text(row * requests, "utf-8")
    unknown = len(WORDS) - 1
    model = {"type": "WordLevel", "vocab": {word: at for at, word in enumerate(WORDS)}, "unk_token": "[UNK]"}
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": unknown, "content": "[UNK]", **special}],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": model,
    }
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]", "eos_token": "[UNK]"}
    place = snapshot(folder)
    place.mkdir(parents=True)
    (folder / "hub" / "models--bench--words" / "refs").mkdir()
    (folder / "hub" / "models--bench--words" / "refs" / "main").write_text(place.name, "utf-8")
    (place / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    (place / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")


def snapshot(folder: Path) -> Path:
    """Where a download of the tokenizer ``bench/words`` would lie."""
    return folder / "hub" / "models--bench--words" / "snapshots" / ("0" * 40)


def _aiperf(folder: Path, url: str, requests: int) -> list[str]:
    command = ["aiperf", "profile", "--model", "small", "--url", url, "--endpoint-type", "chat"]
    command += ["--tokenizer", "bench/words", "--input-file", str(folder / "few.jsonl")]
    command += ["--custom-dataset-type", "single_turn", "--request-count", str(requests)]
    command += ["--concurrency", str(CONNECTIONS), "--workers-max", "1", "--ui", "none"]
    command += ["--no-server-metrics", "--no-gpu-telemetry"]
    return [*command, "--output-artifact-dir", str(folder / "found")]


def _guidellm(folder: Path, url: str, requests: int) -> list[str]:
    settings = {
        "backend": {
            "kind": "openai_http",
            "target": url,
            "model": "small",
            "stream": url.endswith("/stream"),
        },
        "tokenizer": {"kind": "huggingface_auto", "model": str(snapshot(folder))},
        "data": {"kind": "json_file", "path": str(folder / "all.jsonl")},
        "profile": {"kind": "concurrent", "streams": [CONNECTIONS]},
        "constraint": {"kind": "max_requests", "count": requests},
        "output": {"kind": "json", "path": str(folder / "found.json")},
    }
    told = (part for name, value in settings.items() for part in (f"--{name}", json.dumps(value)))
    return ["guidellm", "run", *told, "--disable-console"]


PEERS = (
    Peer("AIPerf", ("aiperf>=0.13",), _aiperf),
    # With what makes it faster. Of this torch there are builds for the CPU alone; where pip is told of none
    # (PIP_FIND_LINKS, PIP_EXTRA_INDEX_URL), it takes gigabytes that nothing here needs.
    Peer("GuideLLM", ("guidellm[perf]>=0.8.1", "torch~=2.13.0"), _guidellm),
)
