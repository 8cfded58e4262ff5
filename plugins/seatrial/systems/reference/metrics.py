"""What Prometheus may scrape, in a registry of the gateway's own."""

from __future__ import annotations

from seatrial.systems.reference.breaker import State

BUCKETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class Metrics:
    """Counters and histograms; names follow Prometheus' conventions."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "gateway_requests", "Requests answered.", ("path", "status"), registry=registry
        )
        self.duration = Histogram(
            "gateway_request_duration_seconds",
            "Time to the last byte.",
            ("path",),
            buckets=BUCKETS,
            registry=registry,
        )
        self.first_chunk = Histogram(
            "gateway_time_to_first_chunk_seconds",
            "Time to the first chunk.",
            buckets=BUCKETS,
            registry=registry,
        )
        self.tokens = Counter("gateway_tokens", "Tokens.", ("type",), registry=registry)
        self.attempts = Counter(
            "gateway_provider_attempts", "Calls of a provider.", ("provider", "outcome"), registry=registry
        )
        self.fallbacks = Counter(
            "gateway_fallbacks",
            "Answers that did not come from the first provider.",
            ("provider",),
            registry=registry,
        )
        self.breakers = Gauge(
            "gateway_breaker_state", "0 closed, 1 half-open, 2 open.", ("provider",), registry=registry
        )
        self.cache = Counter("gateway_cache_lookups", "Cache lookups.", ("outcome",), registry=registry)
        self.cache_failures = Counter(
            "gateway_cache_failures", "Trouble with the cache service.", ("kind",), registry=registry
        )
        self.workers = Gauge("gateway_workers", "Answers that can be made at once.", registry=registry)
        self.in_flight = Gauge("gateway_in_flight", "Chat requests at work.", registry=registry)

    def breaker(self, provider: str, state: State) -> None:
        """Tell a breaker's state."""
        self.breakers.labels(provider).set(state.value)

    def page(self) -> tuple[bytes, str]:
        """The exposition and its content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self.registry), CONTENT_TYPE_LATEST
