"""A crash and the way back: what comes back when, and what of the accepted work is still there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from seatrial.chaos.finding import Finding, beside, failed, passed, unproven
from seatrial.chaos.keeping import Keeper, Written
from seatrial.chaos.plan import scenario
from seatrial.chaos.record import Record
from seatrial.chaos.scenario import Run
from seatrial.chaos.stage import Stage
from seatrial.core.units import format_duration
from seatrial.policy.loader import LoadedPolicy
from seatrial.policy.resilience import ComponentSpec, InjectSpec, RecoverySpec, ScenarioSpec
from seatrial.targets.config import Timeouts
from seatrial.targets.target import Target

NAME = "crash"
STANDARD = (
    ComponentSpec(name="service", kind="service", rto="30s"),
    ComponentSpec(name="models", kind="models", rto="2h", rpo="24h"),
    ComponentSpec(name="conversations", kind="conversations", rto="4h", rpo="1h"),
    ComponentSpec(name="work", kind="work", rto="4h", rpo="1h"),
)
"""Where the policy names no components: the usual ones, and a service that is back in half a minute."""
WATCHED = 60.0
"""The longest that is waited for anything to come back; a longer objective is then not proven."""
LIMITS = Timeouts(connect=1.0, first_byte=5.0, idle=5.0, total=10.0)


@dataclass
class Restart:
    """The facts of one crash.

    Attributes:
        record: of the crash as a scenario: its witness, and the recovery of the service.
        keeper: what was written before it and read after it.
        pages: seconds until each page, and the models, were as before; None where they were not.
    """

    record: Record
    keeper: Keeper
    crashed: float
    pages: dict[str, float | None] = field(default_factory=dict)
    watched: float = 0.0


def components(loaded: LoadedPolicy) -> list[ComponentSpec]:
    """The components of the policy, or the standard ones."""
    return list(loaded.spec.recovery.components or STANDARD)


def crash(stage: Stage, target: Target) -> Restart:
    """Fill the target with state, kill it, and watch it come back."""
    loaded = stage.loaded
    parts = components(loaded)
    spec = ScenarioSpec(
        name=NAME,
        inject=(InjectSpec(on=target.name, toxic=loaded.spec.recovery.toxic),),
        recovery=RecoverySpec().model_copy(update={"rto": _service(parts)}),
    )
    keeper = Keeper(target)
    if loaded.spec.recovery.state == "none":
        keeper.beside = "the policy says that the target keeps nothing"
    else:
        keeper.fill()
    usual = {page: _page(target, page) for page in _pages(parts)}
    run = Run(scenario(loaded, spec), stage, prelude=keeper.hurry)
    record = run.run()
    found = Restart(record, keeper, run.injected)
    if record.trouble is None and not record.unsteady and record.recoveries:
        _watch(found, target, usual, parts)
    return found


def _watch(found: Restart, target: Target, usual: dict[str, bytes], parts: Sequence[ComponentSpec]) -> None:
    limit = min(WATCHED, max((each.rto or 0.0 for each in parts), default=0.0) + 10.0)
    until = found.crashed + limit
    for page, before in usual.items():
        found.pages[page] = None
        while found.pages[page] is None and time.monotonic() < until:
            if _page(target, page) == before:
                found.pages[page] = time.monotonic() - found.crashed
            else:
                time.sleep(0.2)
    found.keeper.look(max(1.0, until - time.monotonic()))
    found.watched = time.monotonic() - found.crashed


def _service(parts: Sequence[ComponentSpec]) -> float | None:
    """How long the service itself may take; watched for so long at least."""
    return next((each.rto for each in parts if each.kind == "service"), None)


def _pages(parts: Sequence[ComponentSpec]) -> list[str]:
    named = [each.page for each in parts if each.kind == "page" and each.page]
    return [*named, *(["models"] if any(each.kind == "models" for each in parts) else [])]


def _page(target: Target, page: str) -> bytes:
    exchange = target.get(page, timeouts=LIMITS)
    return exchange.raw.body if exchange.raw is not None and exchange.status == 200 else b""


def came_back(found: Restart, part: ComponentSpec) -> Finding:
    """Whether a component was back within its recovery time objective."""
    if part.kind in ("conversations", "work"):
        return _kept_back(found, part)
    if part.kind == "service":
        recovery = found.record.recoveries[0]
        return _in_time(recovery.seconds, recovery.watched, part, len(found.record.after), "answers again")
    page = part.page or "models"
    return _in_time(found.pages.get(page), found.watched, part, 1, f"{page} is as before")


def _kept_back(found: Restart, part: ComponentSpec) -> Finding:
    if found.keeper.beside:
        return beside(found.keeper.beside)
    written = found.keeper.of(work=part.kind == "work")
    missing = [each for each in written if each.back is None]
    if missing:
        said = (
            f"{len(missing)} of {len(written)} were not whole again within {format_duration(found.watched)}"
        )
        return failed(said, len(written), len(missing), seconds=None, limit=part.rto)
    slowest = max((each.back or 0.0) - found.crashed for each in written)
    return _in_time(slowest, found.watched, part, len(written), "all of them are whole again")


def _in_time(seconds: float | None, watched: float, part: ComponentSpec, n: int, what: str) -> Finding:
    numbers = {"seconds": seconds, "limit": part.rto, "component": part.name}
    allowed = "" if part.rto is None else f", {format_duration(part.rto)} are allowed"
    if seconds is None:
        said = f"not back within {format_duration(watched)}{allowed}"
        if part.rto is not None and watched < part.rto:
            return unproven(said, n, **numbers)
        return failed(said, n, 1, **numbers)
    said = f"{what} {format_duration(seconds)} after the crash{allowed}"
    if part.rto is not None and seconds > part.rto:
        return failed(said, n, 1, **numbers)
    return passed(said, n, **numbers)


def survived(found: Restart, part: ComponentSpec) -> Finding:
    """Whether what was acknowledged is still there, no more lost than the recovery point objective allows."""
    if found.keeper.beside:
        return beside(found.keeper.beside)
    written = found.keeper.of(work=part.kind == "work")
    if not written:
        return unproven("nothing was acknowledged before the crash")
    altered = [each for each in written if each.altered]
    if altered:
        said = f"{len(altered)} of {len(written)} have another answer than before the crash"
        return failed(said, len(written), len(altered))
    twice = [each for each in written if each.twice]
    if twice:
        said = f"{len(twice)} of {len(written)} were answered more than once"
        return failed(said, len(written), len(twice))
    return _loss(found, part, written)


def _loss(found: Restart, part: ComponentSpec, written: Sequence[Written]) -> Finding:
    lost = [each for each in written if not each.whole]
    allowed = 0.0 if part.rpo is None else part.rpo
    numbers = {"limit": allowed, "lost": len(lost), "component": part.name}
    if not lost:
        return passed(f"all {len(written)} are there, each once", len(written), rpo_seconds=0.0, **numbers)
    if len(lost) == len(written):
        said = f"all {len(written)} are lost or undone: nothing bounds how far back that goes"
        return failed(said, len(written), len(lost), rpo_seconds=None, **numbers)
    window = max(found.crashed - each.acked for each in lost)
    said = f"{len(lost)} of {len(written)} are lost, {format_duration(max(0.0, window))} back from the crash"
    said += f"; {format_duration(allowed)} are allowed"
    if window > allowed:
        return failed(said, len(written), len(lost), rpo_seconds=window, **numbers)
    return passed(said, len(written), rpo_seconds=window, **numbers)


def goes_on(found: Restart) -> Finding:
    """Whether a conversation that was held before the crash can be gone on with."""
    if found.keeper.beside:
        return beside(found.keeper.beside)
    onward = found.keeper.onward
    if onward is None:
        return failed("no conversation of before the crash is there to go on with", 1, 1)
    if onward.http not in (200, 201) or not onward.texts:
        return failed(f"going on with a conversation was answered with status {onward.http}", 1, 1)
    return passed("a conversation of before the crash goes on", 1)
