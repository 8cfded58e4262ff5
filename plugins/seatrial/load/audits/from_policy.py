"""The rehearsal of a policy's target: it is asked as the policy's traffic asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from seatrial.core.log import Log
from seatrial.load.audits.asking import Asker, Batch, Manner
from seatrial.load.audits.rehearsal import Rehearsal
from seatrial.load.from_policy import connections_of
from seatrial.load.ledger import Ledger
from seatrial.load.prompts import load_prompts
from seatrial.targets.config import TargetConfig

if TYPE_CHECKING:
    from seatrial.policy.arrivals import ArrivalsSpec
    from seatrial.policy.loader import LoadedPolicy
    from seatrial.policy.traffic import TrafficSpec


def rehearsal(
    loaded: LoadedPolicy, config: TargetConfig, *, seed: int, record: Callable[..., None]
) -> Rehearsal | None:
    """The rehearsal of *config*, None where no traffic of the policy goes there.

    Args:
        record: writes an event to the journal.

    Raises:
        UsageError: the prompts cannot be read.
    """
    spec = busiest(loaded, config.name)
    if spec is None:
        return None
    prompts = load_prompts(loaded.prompts(spec.name), spec.prompts)
    return Rehearsal(
        Asker(config, _teller(config, spec, record)),
        prompts,
        Manner(spec.stream, spec.max_tokens, dict(spec.params)),
        concurrency=connections_of(spec),
        rate=None if spec.arrivals is None else _fastest(spec.arrivals),
        beside=max((_busy(each)[1] for each in _traffics(loaded, config.name)), default=0),
        seed=seed,
        keys=[tenant.apiKey for tenant in spec.tenants],
    )


def busiest(loaded: LoadedPolicy, target: str) -> TrafficSpec | None:
    """The traffic whose numbers the audits of *target* protect, None where none goes there.

    Of several the one with the fastest schedule, or else the one with the most requests in flight.
    """
    return max(_traffics(loaded, target), key=_busy, default=None)


def _traffics(loaded: LoadedPolicy, target: str) -> list[TrafficSpec]:
    first = loaded.spec.targets[0].name
    return [spec for spec in loaded.spec.traffic if (spec.target or first) == target]


def _busy(spec: TrafficSpec) -> tuple[float, int]:
    if spec.in_flight is not None or spec.arrivals is None:
        return 0.0, spec.in_flight or 1
    return _fastest(spec.arrivals) or 0.0, 0


def _fastest(arrivals: ArrivalsSpec) -> float | None:
    """Requests a second at the most; None where only a trace tells."""
    swing = (arrivals.rate or 0.0) + (arrivals.amplitude or 0.0)
    return max(arrivals.peak or 0.0, swing, *(arrivals.rates or ()), 0.0) or None


def _teller(
    config: TargetConfig, spec: TrafficSpec, record: Callable[..., None]
) -> Callable[[str, Batch], None]:
    """Writes each batch to the journal as a traffic of its own."""

    def tell(name: str, batch: Batch) -> None:
        opening = {"target": config.name, "stream": spec.stream, "prompts": spec.prompts, "audit": True}
        ledger = Ledger(name, record, opening=opening)
        log = Log()
        ledger.opened()
        for exchange in batch.exchanges:
            log.append(exchange)
            ledger.took(exchange)
        ledger.flush(log, 1)

    return tell
