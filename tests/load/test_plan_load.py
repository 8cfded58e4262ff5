"""What the suite `load` is going to need at the most."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seatrial.core.exchange import Exchange
from seatrial.load.audits.asking import Asker, Batch, Manner
from seatrial.load.audits.rehearsal import Rehearsal
from seatrial.load.plan import plan_policy
from seatrial.load.plan_load import Part, load_parts
from seatrial.load.search import Finding, Search
from seatrial.policy.loader import LoadedPolicy, load_policy
from seatrial.targets.wire import Prompt

POLICY = """
apiVersion: seatrial/v1alpha1
kind: ReleasePolicy
metadata: {{name: planned}}
spec:
  targets:
    - {{name: bot, protocol: {protocol}, uri: "http://127.0.0.1:9/v1"{rest}{prices}}}
  traffic:
    - {{name: steady, prompts: own.jsonl, max_tokens: 100, stream: {stream}, budget: {budget}{more_of_it}}}
  objectives:
    - {{name: quick, traffic: steady, indicator: operation.duration, op: lte, value: 800ms, target: 95%}}
{more}
"""
PRICES = ", prices: {input: $1, output: $2}"
CAPACITY = "  capacity: {from: 10/s, to: 80/s, level: {warmup: 2s, duration: 10s, requests: 500, pause: 1s}}"


def loaded(
    folder: Path,
    more: str = "",
    *,
    prices: str = "",
    soak: str = "",
    arrivals: str = "",
    budget: str = "{requests: 100000}",
    stream: str = "true",
    protocol: str = "openai-chat",
) -> LoadedPolicy:
    (folder / "own.jsonl").write_text('{"prompt": "Hello there", "tokens": {"x": 50}}\n' * 3, "utf-8")
    rest = ', http: {path: /, answer: $.text, body: {q: "{prompt}"}}' if protocol == "http-json" else ""
    text = POLICY.format(
        more=more,
        prices=prices,
        more_of_it=soak + arrivals,
        budget=budget,
        stream=stream,
        protocol=protocol,
        rest=rest,
    )
    (folder / "policy.yaml").write_text(text, "utf-8")
    return load_policy(folder / "policy.yaml", trial=False)


def named(parts: tuple[Part, ...], name: str) -> Part:
    return next(part for part in parts if part.name.strip().startswith(name))


def test_without_the_suite_there_is_nothing(tmp_path: Path) -> None:
    assert load_parts(loaded(tmp_path)) == ()
    assert load_parts(loaded(tmp_path, f"{CAPACITY}\n  suites: [sla, load]"))


def test_what_certify_does_not_measure_is_told_and_not_summed(tmp_path: Path) -> None:
    policy = loaded(tmp_path, f"{CAPACITY}\n  suites: [sla]", soak=", soak: {duration: 1h}", prices=PRICES)
    parts = load_parts(policy)
    assert [(part.name, part.alone) for part in parts] == [
        ("capacity of steady", "seatrial capacity"),
        ("soak of steady", "seatrial soak"),
    ]
    without = plan_policy(loaded(tmp_path, prices=PRICES))
    plan = plan_policy(policy)
    assert (plan.requests, plan.minutes, plan.usd) == (without.requests, without.minutes, without.usd)


class Counting(Asker):
    """Answers everything alike, and counts."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.turns = self.together = 0

    def ask(self, name: str, prompts: Any, manner: Manner, *, concurrency: int = 1, **_: Any) -> Batch:
        if concurrency == 1:
            self.turns += len(prompts)
        else:
            self.together += len(prompts)
        return Batch([Exchange(at, 0.0, 0.0, 0.1, text="so it is") for at in range(len(prompts))])


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("known", [3, 200])
def test_audits_ask_as_often_as_is_told(tmp_path: Path, *, stream: bool, known: int) -> None:
    from seatrial.load.configs import targets

    asker = Counting(targets(loaded(tmp_path))["bot"])
    prompts = [Prompt.of(f"question {at}") for at in range(known)]
    rehearsal = Rehearsal(asker, prompts, Manner(stream), concurrency=5)
    # What the audits measure, whatever each of them makes of it.
    assert all((rehearsal.alone, rehearsal.loaded, rehearsal.repeats, rehearsal.called))
    assert not stream or rehearsal.prefixed
    assert rehearsal.needed(1.0) == (asker.turns, asker.together, 5)


def test_audits_are_told_for_the_load_of_the_traffic(tmp_path: Path) -> None:
    poisson = ", arrivals: {kind: poisson, rate: 20/s}, duration: 10s"
    only = named(load_parts(loaded(tmp_path, prices=PRICES, arrivals=poisson), 0.5), "audits")
    assert only.name == "audits of bot"
    assert "10 in flight" in only.limit
    assert only.exact
    assert only.usd == pytest.approx(only.requests * (50 * 1 + 64 * 2) / 1e6), "audits ask for 64 tokens"
    quick = named(load_parts(loaded(tmp_path, arrivals=poisson), 0.05), "audits")
    assert quick.seconds < only.seconds
    assert quick.requests < only.requests


def test_audits_have_nothing_to_ask_a_rest_model(tmp_path: Path) -> None:
    rest = loaded(tmp_path, CAPACITY, protocol="http-json", stream="false")
    assert load_parts(rest)[0].name.startswith("capacity")


def test_a_search_takes_no_more_than_its_levels(tmp_path: Path) -> None:
    search, beyond = load_parts(loaded(tmp_path, CAPACITY, prices=PRICES))[1:3]
    levels = Search(10, 80, 0.1).levels
    # 10, 20, 40 and 80/s for 12 s, no more than 500 requests each; all other levels at 80/s at the worst.
    assert search.requests == 120 + 240 + 480 + 500 * (levels - 3)
    assert search.seconds <= 12 * levels + (levels - 1)
    assert search.usd == pytest.approx(search.requests * (50 + 200) / 1e6)
    assert not search.exact
    assert f"{levels} levels of 500 requests or 12 s each" in search.limit
    assert (beyond.requests, beyond.seconds) == (500, 12)


@pytest.mark.parametrize("truth", [3, 10, 11, 25, 50, 79, 500])
@pytest.mark.parametrize("odd", [Finding.HOLDS, Finding.UNDECIDED])
def test_no_search_goes_beyond_it(tmp_path: Path, truth: float, odd: Finding) -> None:
    told = named(load_parts(loaded(tmp_path, CAPACITY)), "capacity")
    search, requests, seconds, count = Search(10, 80, 0.1), 0.0, -1.0, 0
    while (rate := search.next()) is not None:
        requests += min(500, rate * 12)
        seconds += min(500 / rate, 12) + 1
        near = 0.8 < rate / truth < 1.25
        search.took(rate, odd if near else Finding.HOLDS if rate < truth else Finding.BREAKS)
        count += 1
    assert count > 0
    assert requests <= told.requests + 1e-9
    assert seconds <= told.seconds + 1e-9


def test_money_ends_a_search(tmp_path: Path) -> None:
    cheap = loaded(tmp_path, CAPACITY, prices=PRICES, budget="{requests: 100, cost: $0.05}")
    search, beyond = load_parts(cheap)[1:3]
    assert search.usd == 0.05
    assert "$0.05 in all" in search.limit
    assert beyond.usd is not None
    assert beyond.usd > 0.05, "nothing bounds its money but its requests"


def test_a_step_and_a_soak_are_schedules(tmp_path: Path) -> None:
    step = "  scaling: {rate: 2/s, peak: 10/s, before: 10s, lasting: 20s, after: 30s, recover_within: 5s}"
    parts = load_parts(loaded(tmp_path, step, soak=", soak: {duration: 1h, rate: 2/s}", prices=PRICES))
    scaling, soak = named(parts, "step"), named(parts, "soak")
    assert (scaling.requests, scaling.seconds) == (2 * 40 + 10 * 20, 60)
    assert (soak.requests, soak.seconds, soak.limit) == (7200, 3600, "2/s for 1 h")
    assert soak.usd == pytest.approx(7200 * 250 / 1e6)


def test_all_of_it_is_in_the_sum(tmp_path: Path) -> None:
    policy = loaded(tmp_path, CAPACITY, soak=", soak: {duration: 1h, rate: 2/s}", prices=PRICES)
    plan, alone = plan_policy(policy), plan_policy(loaded(tmp_path, prices=PRICES))
    search = sum(part.requests for part in plan.parts if not part.exact)
    fixed = sum(part.requests for part in plan.parts if part.exact)
    assert plan.requests.least == alone.requests.least + fixed
    assert plan.requests.expected == alone.requests.expected + fixed
    assert plan.requests.most == alone.requests.most + fixed + search
    assert plan.minutes.most > 60
    assert plan.usd is not None
    assert plan.usd.most == pytest.approx(plan.requests.most * 250 / 1e6, rel=0.01)


def test_a_policy_of_load_alone_has_a_plan(tmp_path: Path) -> None:
    text = (
        POLICY.format(
            more="",
            prices="",
            more_of_it=", soak: {duration: 1h}",
            budget="{requests: 10}",
            stream="true",
            protocol="openai-chat",
            rest="",
        ).partition("  objectives:")[0]
        + "  suites: [load]\n"
    )
    (tmp_path / "own.jsonl").write_text('{"prompt": "Hello"}\n', "utf-8")
    (tmp_path / "policy.yaml").write_text(text, "utf-8")
    plan = plan_policy(load_policy(tmp_path / "policy.yaml", trial=False))
    assert not plan.traffics
    assert plan.requests.least == plan.requests.most > 7200
