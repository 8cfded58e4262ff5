"""The suites against a REST model that follows no chat protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seatrial.core.outcome import Outcome
from seatrial.targets.config import HttpJson, TargetConfig
from seatrial.targets.target import Target
from tests.suites.gateways import served
from tests.suites.running import run_all

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

ASK = HttpJson(path="predict", body={"inputs": "{{prompt}}"}, answer="$.label")


def classifier(malformed: int = 422, label: str = "calm") -> Starlette:
    """Tells the state of the sea; answers what is no JSON with the status *malformed*."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def predict(request: Request) -> Response:
        try:
            asked = json.loads(await request.body())
        except ValueError:
            return JSONResponse({"detail": "this is no JSON"}, status_code=malformed)
        if not isinstance(asked, dict) or not isinstance(asked.get("inputs"), str):
            return JSONResponse({"detail": "inputs must be a text"}, status_code=422)
        return JSONResponse({"label": label, "score": 0.9})

    async def missing(request: Request, error: Exception) -> Response:
        return JSONResponse({"detail": "there is nothing here"}, status_code=404)

    routes = [Route("/predict", predict, methods=["POST"])]
    return Starlette(routes=routes, exception_handlers={404: missing})


@contextmanager
def target(app: Starlette) -> Iterator[Target]:
    with (
        served(app) as root,
        Target(TargetConfig(name="sea", protocol="http-json", uri=root, http_json=ASK)) as there,
    ):
        yield there


def test_a_well_kept_model_is_green_or_not_applicable() -> None:
    with target(classifier()) as there:
        results = {**run_all("contract", there), **run_all("identity", there)}
    wrong = {
        name: result
        for name, result in results.items()
        if result.outcome not in (Outcome.PASSED, Outcome.NOT_APPLICABLE)
    }
    assert not wrong
    assert sum(result.outcome is Outcome.PASSED for result in results.values()) >= 10


def test_a_model_that_breaks_on_malformed_json_is_red() -> None:
    with target(classifier(malformed=500)) as there:
        results = run_all("contract", there)
    red = {name for name, result in results.items() if result.outcome is Outcome.FAILED}
    assert red == {
        "test_bad_input::test_what_is_no_request_is_refused['malformed-json']",
        "test_bad_input::test_what_is_no_request_is_refused['empty-body']",
        "test_errors::test_an_error_is_typed_json",
    }


def test_a_model_that_answers_nothing_is_red() -> None:
    with target(classifier(label="")) as there:
        results = run_all("contract", there)
    assert results["test_answer::test_an_answer_is_never_empty"].outcome is Outcome.FAILED
