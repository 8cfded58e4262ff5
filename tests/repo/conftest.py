"""The project as others get it: a wheel built from the sdist, installed; and an editable install.

No index is asked: the dependencies are those of the environment the tests run in, seen through a .pth file.
`.ci/run` does the same once more in an environment that is really empty.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.repo import PROJECT


@dataclass(frozen=True)
class Environment:
    """A virtual environment in which seatrial is installed one way or the other."""

    kind: str
    path: Path

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"

    @property
    def purelib(self) -> Path:
        return self.path / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"

    def run(
        self, *command: str, cwd: Path, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment in *cwd*, without what the tests' own process was told."""
        own = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "PYTHON"))}
        program, *arguments = command
        return subprocess.run(
            [str(self.path / "bin" / program), *arguments],
            cwd=cwd,
            env=own | (env or {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def pytest(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return self.run("python", "-m", "pytest", "-p", "no:cacheprovider", *arguments, cwd=cwd)


def check(*command: str | Path, cwd: Path | None = None) -> None:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def pip(environment: Environment, *arguments: str | Path) -> None:
    check(
        sys.executable, "-m", "pip", "--python", environment.python, "--disable-pip-version-check",
        "install", "--quiet", "--no-deps", "--no-index", *arguments,
    )  # fmt: skip


def make_environment(kind: str, path: Path) -> Environment:
    check(sys.executable, "-m", "venv", "--without-pip", path)
    environment = Environment(kind, path)
    own = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (environment.purelib / "dependencies.pth").write_text("\n".join(sorted(own)) + "\n", "utf-8")
    return environment


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sdist and of the wheel that was built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    check(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, PROJECT)
    return folder


@pytest.fixture(scope="session")
def wheel(dist: Path) -> Path:
    return next(dist.glob("*.whl"))


@pytest.fixture(scope="session")
def sdist(dist: Path) -> Path:
    return next(dist.glob("*.tar.gz"))


@pytest.fixture(scope="session")
def from_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = make_environment("wheel", tmp_path_factory.mktemp("wheel") / "venv")
    pip(environment, wheel)
    return environment


@pytest.fixture(scope="session")
def from_checkout(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = make_environment("editable", tmp_path_factory.mktemp("editable") / "venv")
    pip(environment, "--no-build-isolation", "--editable", PROJECT)
    return environment


@pytest.fixture(params=["from_wheel", "from_checkout"])
def installed(request: pytest.FixtureRequest) -> Environment:
    """seatrial as a user has it: once from the wheel, once editable."""
    environment: Environment = request.getfixturevalue(request.param)
    return environment
