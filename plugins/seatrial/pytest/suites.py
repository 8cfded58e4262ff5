"""``--trial-suite NAME``: run bundled suites from anywhere, under node ids that stay the same everywhere."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seatrial.pytest.checklists import SUITE as CHECKLISTS
from seatrial.pytest.run import trial_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = "seatrial/suites"
"""Node ids of bundled tests begin with it; a folder ``suites/`` of the user's own stays distinguishable."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our option."""
    parser.getgroup("sea trial").addoption(
        "--trial-suite",
        action="append",
        metavar="NAME",
        default=[],
        help="run a suite: a bundled one such as sla, one of a plugin, or checklists; repeatable",
    )


def suites(config: pytest.Config) -> Mapping[str, Path]:
    """Every suite there is, bundled or added by a plugin: name → folder."""
    from seatrial.bundled import bundled

    known = {
        folder.name: folder
        for folder in sorted(bundled("suites").iterdir())
        if (folder / "__init__.py").is_file()
    }
    for added in config.hook.pytest_seatrial_suites():
        known.update({name: Path(folder) for name, folder in added.items()})
    return known


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Collect from the suites' folders; from the user's own paths only where they were named."""
    wanted = config.getoption("trial_suite")
    if not wanted:
        return
    if not config.getoption("trial_policy"):
        raise pytest.UsageError(
            "--trial-suite needs --trial-policy: without a policy there is nothing to hold"
        )
    known = suites(config)
    trial = trial_of(config)
    controls = trial.checklists if trial is not None else []
    for name in wanted:
        if name not in known and name != CHECKLISTS:
            near = get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join([*known, CHECKLISTS])}"
            raise pytest.UsageError(f"no suite is called {name!r}; {hint}")
    named = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    folders = [path for name in wanted for path in ([known[name]] if name != CHECKLISTS else controls)]
    config.args[:] = [*named, *dict.fromkeys(map(str, folders))]


def stable_id(path: Path) -> str | None:
    """``seatrial/suites/<suite>/<file>`` for a file of a bundled suite, None for any other."""
    from seatrial.bundled import bundled

    try:
        inside = path.resolve().relative_to(bundled("suites").resolve())
    except (ValueError, OSError):
        return None
    return f"{ROOT}/{inside.as_posix()}"


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Ids of bundled tests do not depend on where seatrial is installed: histories survive an upgrade."""
    if not module_path.name.startswith("test_") or not parent.config.getoption("trial_policy"):
        return None
    nodeid = stable_id(module_path)
    if nodeid is None:
        return None
    module: pytest.Module = pytest.Module.from_parent(parent, path=module_path, nodeid=nodeid)
    return module
