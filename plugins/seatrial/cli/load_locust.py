"""`seatrial load --locust`: Locust's master and workers, here or on other machines."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.core.errors import UsageError
from seatrial.core.outcome import ExitCode
from seatrial.load import from_policy
from seatrial.load.leaving import require_schedule, require_times_only
from seatrial.load.ledger import Ledger
from seatrial.load.locust.launch import Crew, free_port, require_locust, worker_command
from seatrial.load.locust.order import Order
from seatrial.load.locust.traffic import LocustTraffic
from seatrial.load.parquet import keeper_of

if TYPE_CHECKING:
    from seatrial.cli.load_asked import Asked
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.traffic import TrafficSpec

PORT = 5557  # Locust's own


def locust_flow(
    asked: Asked,
    loaded: LoadedPolicy,
    spec: TrafficSpec,
    folder: Path,
    seed: int,
    ledger: Callable[..., Ledger],
) -> LocustTraffic:
    """The traffic of Locust's users.

    Args:
        folder: of the run.
        ledger: makes the ledger, from its `opening` and `keep`.

    Raises:
        UsageError: the master's address is none.
    """
    assert asked.locust is not None
    require_times_only(spec, from_policy.trace_of(loaded, spec), "Locust")
    file = asked.locust.absolute()
    order = Order(str(loaded.path.absolute()), spec.name, asked.target, seed, asked.workers)
    host, port = address(asked.master) if asked.master else ("127.0.0.1", free_port())
    users = asked.workers if spec.arrivals is not None else spec.concurrency
    local = 0 if asked.master else asked.workers
    target = spec.target or loaded.spec.targets[0].name
    prompts = order.prompts
    telling = ledger(
        opening=_opening(order, users, file),
        keep=keeper_of(spec, spec.name, folder),
        prompt_text=lambda number: str(prompts[number].text),
    )
    return LocustTraffic(
        spec.name,
        lambda: Crew(file, order, folder / "locust.log", users, (host, port), local),
        order,
        budget=from_policy.budget(spec),
        risk=loaded.risk,
        ledger=telling,
        prices=from_policy.prices(loaded, target),
    )


def _opening(order: Order, users: int, file: Path) -> dict[str, Any]:
    spec = order.spec
    budget = from_policy.budget(spec)
    return {
        "target": order.config.name,
        "concurrency": None if spec.arrivals else users,
        "arrivals": from_policy.arrivals_told(spec),
        "locust": {"file": file.name, "digest": digest_of(file), "workers": order.workers},
        "tenants": [tenant.name for tenant in spec.tenants],
        "stream": spec.stream,
        "budget": {"requests": budget.requests, "duration": budget.duration, "cost": budget.cost},
        "prompts": spec.prompts,
        "prompts_digest": order.prompts.digest,
        "warmup": 0,
        "min_duration": order.loaded.risk.min_duration,
        "segments": 1,
    }


def digest_of(file: Path) -> str:
    """``sha256:…`` of a locustfile: another one asks something else.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    except OSError as error:
        raise UsageError(f"the locustfile cannot be read ({error.strerror})", where=str(file)) from error


def address(text: str) -> tuple[str, int]:
    """``HOST:PORT`` taken apart; Locust's own port where none is named.

    Raises:
        UsageError: the port is no port.
    """
    host, colon, port = text.rpartition(":")
    if not colon:
        return text, PORT
    if not port.isdecimal() or not 0 < int(port) < 65_536 or not host:
        raise UsageError(f"{text!r} is not an address", hint="HOST:PORT, such as 10.0.0.5:5557")
    return host, int(port)


def work(asked: Asked) -> ExitCode:
    """Be one of Locust's workers until the master lets it go.

    Raises:
        UsageError: no locustfile or no master was named, or the policy cannot be used.
    """
    from seatrial.cli.load_asked import chosen
    from seatrial.policy.loader import load_policy

    if asked.locust is None or asked.master is None:
        raise UsageError(
            "a worker needs its locustfile and its master", hint="--locust FILE --master HOST:PORT"
        )
    if asked.earlier is not None:
        raise UsageError("a run is continued by Locust's master", hint="drop --continue from its workers")
    require_locust()
    host, port = address(asked.master)
    loaded = load_policy(asked.policy, target=asked.target)
    name = chosen(loaded, asked.traffic)
    spec = loaded.traffic(name)
    require_schedule(spec, "Locust")
    require_times_only(spec, from_policy.trace_of(loaded, spec), "Locust")
    seed = loaded.spec.seed if asked.seed is None else asked.seed
    if spec.arrivals is not None and spec.seed is None and seed is None:
        raise UsageError(
            "workers on several machines draw one schedule from one seed, and there is none",
            where=loaded.source,
            hint="name it with --seed on all of them, or in the policy",
        )
    order = Order(str(loaded.path.absolute()), name, asked.target, seed or 0, asked.workers)
    command = worker_command(asked.locust.absolute(), host, port)
    done = subprocess.run(command, env=order.environment(), check=False)  # noqa: S603  # our own interpreter
    return ExitCode.CERTIFIED if done.returncode == 0 else ExitCode.HARNESS
