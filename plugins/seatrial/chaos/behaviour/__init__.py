"""How the target behaves as a client of what it depends on: pure functions of what the proxies recorded.

`JUDGES` has one for every name that a policy may write under ``client_behaviour``.
"""

from __future__ import annotations

from collections.abc import Callable

from seatrial.chaos.behaviour.amplification import amplification
from seatrial.chaos.behaviour.backoff import backoff_bounded, backoff_grows, backoff_jitter
from seatrial.chaos.behaviour.billing import no_double_billing
from seatrial.chaos.behaviour.breaker import breaker_closes, breaker_half_opens, breaker_opens
from seatrial.chaos.behaviour.calls import Recording
from seatrial.chaos.behaviour.fallback import fallback_order
from seatrial.chaos.behaviour.herd import no_thundering_herd
from seatrial.chaos.behaviour.non_retryable import non_retryable_not_retried
from seatrial.chaos.behaviour.retry_after import retry_after_honoured
from seatrial.chaos.behaviour.stampede import no_stampede
from seatrial.chaos.finding import Finding
from seatrial.policy.aspects import Aspect

JUDGES: dict[str, Callable[[Recording, Aspect], Finding]] = {
    "retry-after-honoured": retry_after_honoured,
    "backoff-grows": backoff_grows,
    "backoff-jitter": backoff_jitter,
    "backoff-bounded": backoff_bounded,
    "amplification": amplification,
    "non-retryable-not-retried": non_retryable_not_retried,
    "no-double-billing": no_double_billing,
    "no-thundering-herd": no_thundering_herd,
    "no-stampede": no_stampede,
    "breaker-opens": breaker_opens,
    "breaker-half-opens": breaker_half_opens,
    "breaker-closes": breaker_closes,
    "fallback-order": fallback_order,
}
