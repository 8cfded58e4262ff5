"""A running system: started by its recipe, known to serve, and gone when it should be."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import sys
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from seatrial.core.errors import HarnessError
from seatrial.systems.company import Company
from seatrial.systems.process import GuardedProcess
from seatrial.systems.readiness import free_port, quiet_port, require_free, wait_until_ready
from seatrial.systems.recipe import Recipe, filled, load_recipe, require
from seatrial.systems.venv import ensure_venv

TAIL_LINES = 20
STARTS = 3
"""How often a start is tried when somebody else was faster to take the port."""

_running: weakref.WeakSet[System] = weakref.WeakSet()


class System:
    """A system that runs while its context is open.

    Args:
        recipe: a recipe, the name of a bundled one, or a file.
        arguments: added to the command.
        env: added to the environment.
        port: default is a free one.
        ports: of those that its recipe names, the ones that must not be just any free port.
        folder: for its files and its log; default is a temporary one that is removed afterwards.

    Attributes:
        port, folder, log: as started; `log` is the file with its output.
        ports: the further ones that its recipe names.
    """

    def __init__(
        self,
        recipe: Recipe | str | Path,
        *,
        arguments: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        port: int | None = None,
        ports: Mapping[str, int] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
        self._secrets = [f"st-{secrets.token_hex(16)}" for _ in range(2)]
        self._arguments = tuple(arguments)
        self._env = dict(env or {})
        self._asked_port = port
        self._asked_ports = dict(ports or {})
        self._asked_folder = folder.resolve() if folder else None
        self._process: GuardedProcess | None = None
        self._company: Company | None = None
        self._venv = Path()
        self._tail = ""
        self.port = port or 0
        self.ports: dict[str, int] = {}
        self.folder = self._asked_folder or Path()
        self.log = Path()

    @property
    def uri(self) -> str:
        """Where it serves."""
        return self._filled(self.recipe.provides.uri)

    @property
    def protocol(self) -> str:
        """What it speaks."""
        return self.recipe.provides.protocol

    @property
    def model(self) -> str | None:
        """The model that it serves."""
        return self.recipe.provides.model

    @property
    def api_key(self) -> str | None:
        """The API key that it wants, None where it wants none."""
        return self._offered(self.recipe.provides.api_key)

    @property
    def other_key(self) -> str | None:
        """The API key of a second tenant, None where it knows none."""
        return self._offered(self.recipe.provides.other_key)

    @property
    def pidfile(self) -> Path | None:
        """The file that tells the process that serves, where that is not the one that was started."""
        file = self._offered(self.recipe.provides.pidfile)
        return None if file is None else Path(file)

    @property
    def dependencies(self) -> list[dict[str, str]]:
        """What it asks, as a policy writes it: name, listen, upstream, protocol, and role where told."""
        told = [each.model_dump(exclude_none=True) for each in self.recipe.provides.dependencies]
        return [{key: self._filled(value) for key, value in each.items()} for each in told]

    @property
    def beside(self) -> dict[str, int]:
        """The processes beside it, by name."""
        return self._company.pids if self._company else {}

    @property
    def pid(self) -> int:
        """The process that was started; it leads its process group."""
        return self._process.pid if self._process else 0

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.exit_code is None

    def start(self) -> System:
        """Start it and wait until it serves.

        Raises:
            UsageError: this machine lacks something it needs.
            HarnessError: it ended, or did not serve in time; with the end of its log.
        """
        require(self.recipe)
        if self.recipe.venv is not None:
            self._venv = ensure_venv(self.recipe.name, self.recipe.venv.packages)
        self.folder = self._asked_folder or Path(tempfile.mkdtemp(prefix=f"seatrial-{self.recipe.name}-"))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log = self.folder / f"{self.recipe.name}.log"
        _running.add(self)
        try:
            for left in reversed(range(STARTS)):
                if self._with_company(last=not left) or not (left and self._lost_port()):
                    break
            if not self.alive:
                raise self._failed()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ask it to end, then kill what is left; harmless when it does not run."""
        _running.discard(self)
        if self._process is not None:
            self._process.stop()
            self._tail = self.tail()
            self._process = None
        if self._company is not None:
            self._company.stop()
            self._company = None
        if self._asked_folder is None and self.folder != Path():
            shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """Kill it and its process group with SIGKILL."""
        if self._process is not None:
            self._process.kill()
        self.stop()

    def again(self) -> System:
        """Start it again after it has died, on the same port and in the same folder.

        Raises:
            HarnessError: it runs, was never started, or does not come up again.
        """
        if self._process is None or self.alive:
            state = "is not there to be" if self._process is None else "runs and is not"
            raise HarnessError(f"the system {self.recipe.name!r} {state} started again")
        self._process.stop()
        self._asked_port = self.port
        if not self._started():
            raise self._failed()
        return self

    def tail(self, lines: int = TAIL_LINES) -> str:
        """The end of its log, without its API key."""
        if self._process is None:
            return self._tail
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.is_file() else ""
        told = "\n".join(text.splitlines()[-lines:])
        for secret in self._secrets:
            told = told.replace(secret, "[key]")
        return told

    def __enter__(self) -> System:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _with_company(self, *, last: bool) -> bool:
        """One start of everything; whether it serves."""
        if self._company is not None:
            self._company.stop()
        for name, port in self._asked_ports.items():
            require_free(port, f"the port {name!r} of the system {self.recipe.name!r}")
        self.ports = {}
        for name in self.recipe.ports:
            taken = {*self._asked_ports.values(), *self.ports.values()}
            self.ports[name] = self._asked_ports.get(name) or quiet_port(taken)
        self._company = company = Company(self.recipe.beside, self._filled, self.folder)
        try:
            company.start()
        except HarnessError:
            if last or not _port_taken(company.tail()):
                raise
            return self._with_company(last=True)
        return self._started()

    def _started(self) -> bool:
        """One start of the system itself; whether it serves."""
        recipe = self.recipe
        self.port = self._asked_port or free_port()
        for name, text in recipe.files.items():
            (self.folder / name).write_text(self._filled(text), encoding="utf-8")
        env = {name: self._filled(value) for name, value in recipe.env.items()}
        self._process = process = GuardedProcess(
            [*map(self._filled, recipe.command), *self._arguments],
            env={**os.environ, **env, **self._env},
            folder=self.folder,
            log=self.log,
            stop=recipe.stop.signal,
            grace=recipe.stop.grace,
        )
        url = self._filled(recipe.ready.url)
        return wait_until_ready(url, recipe.ready, lambda: process.exit_code is None) or self._too_late()

    def _too_late(self) -> bool:
        if self.alive:
            raise HarnessError(
                f"the system {self.recipe.name!r} did not serve within {self.recipe.ready.timeout:g} s",
                where=self._filled(self.recipe.ready.url),
                hint=f"its log ends with:\n{self.tail()}",
            )
        return False

    def _lost_port(self) -> bool:
        return self._asked_port is None and _port_taken(self.tail(200))

    def _failed(self) -> HarnessError:
        code = self._process.exit_code if self._process else None
        return HarnessError(
            f"the system {self.recipe.name!r} ended with code {code} before it served",
            where=f"recipe {self.recipe.name}",
            hint=f"its log ends with:\n{self.tail() or '(nothing)'}",
        )

    def _offered(self, text: str | None) -> str | None:
        return None if text is None else self._filled(text)

    def _filled(self, text: str) -> str:
        values = {
            "python": sys.executable,
            "port": str(self.port),
            "folder": str(self.folder),
            "api_key": self._secrets[0],
            "other_key": self._secrets[1],
            "venv": str(self._venv),
            **{f"port.{name}": str(port) for name, port in self.ports.items()},
        }
        return filled([text], values)[0]


def _port_taken(log: str) -> bool:
    return "address already in use" in log.lower()


@atexit.register
def _stop_all() -> None:
    for system in list(_running):
        system.stop()
