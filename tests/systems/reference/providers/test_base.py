from __future__ import annotations

from seatrial.systems.reference.providers.base import Failure, ProviderError


def test_a_refusal_is_final_and_an_ambiguous_failure_is_not_repeated_where_it_happened() -> None:
    errors = {failure: ProviderError(failure, "p") for failure in Failure}
    assert [failure for failure, error in errors.items() if not error.retryable] == [Failure.REFUSED]
    assert {failure for failure, error in errors.items() if error.repeatable} == {
        Failure.UNREACHABLE,
        Failure.RATE_LIMITED,
        Failure.SERVER,
    }


def test_an_error_names_its_provider() -> None:
    assert str(ProviderError(Failure.SERVER, "cloud", 503)) == "cloud: upstream_error (503)"
