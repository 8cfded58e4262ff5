from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from seatrial.reporting.html import command, node, render_html, short_digest, units
from seatrial.reporting.model import Report
from tests.reporting import synthetic
from tests.reporting.synthetic_parts import item
from tests.reporting.test_text import harmful

VOID = {"meta", "link", "br", "img", "input", "hr", "base"}
SHAPES = {"line", "rect", "circle", "polyline", "polygon"}


class Page(HTMLParser):
    """What a browser would make of the page, as far as it matters here."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.headings: list[int] = []
        self.unbalanced: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID | SHAPES:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID | SHAPES:
            return
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def values(self, name: str) -> list[str]:
        return [value for _, key, value in self.attributes if key == name]


@pytest.fixture(params=["healthy", "rejected", "inconclusive", "killed", "poisoned"])
def page(request: pytest.FixtureRequest) -> Page:
    return Page(render_html(request.getfixturevalue(request.param)))


def test_no_element_that_could_act(page: Page) -> None:
    assert set(page.tags).isdisjoint(
        {"script", "iframe", "object", "embed", "form", "input", "img", "base", "audio"}
    )
    assert [name for _, name, _ in page.attributes if name.startswith("on")] == []
    assert page.tags.count("style") == 1


def test_nothing_is_loaded_from_anywhere(page: Page) -> None:
    links = page.values("href") + page.values("src")
    assert all(link.startswith("#") or link == "data:," for link in links), links
    policy = next(value for value in page.values("content") if "default-src" in value)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


def test_well_formed_and_in_order(page: Page) -> None:
    assert page.unbalanced == []
    assert page.open == []
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))


def test_every_link_has_its_target_and_every_plot_its_name(page: Page) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in page.values("href") if link.startswith("#")} <= set(ids)
    roles = page.values("role").count("img")
    assert roles == len([1 for tag, name, value in page.attributes if name == "role" and value == "img"])
    assert roles <= len(page.values("aria-label"))
    assert set(page.values("scope")) <= {"col", "row"}


def test_hostile_text_is_only_text(poisoned: Report) -> None:
    text = render_html(poisoned)
    assert harmful(text) == []
    assert "<script" not in text.lower()
    assert "&lt;script&gt;window.__pwned=1" in text
    assert "{{ 7*7 }}" in text, "a template in an answer is not run"


def test_every_section_is_there(rejected: Report) -> None:
    ids = Page(render_html(rejected)).values("id")
    wanted = {"objectives", "traffic-steady", "checks", "controls", "exchanges", "identity", "environment"}
    assert wanted <= set(ids)


def test_the_failing_thing_links_to_its_exchange(rejected: Report) -> None:
    text = render_html(rejected)
    top = text[: text.index('id="objectives"')]
    anchor = re.search(r'href="#(exchange-steady-\d+)"', top)
    assert anchor is not None
    assert f'id="{anchor[1]}"' in text
    opened = text[text.index('id="exchanges-title"') : text.index(f'id="{anchor[1]}"')]
    assert opened.rstrip().count("<details") == 1
    assert '<details class="exchanges" open>' in opened


def test_a_certified_run_tells_how_to_verify_it_and_no_other(healthy: Report, rejected: Report) -> None:
    assert "certificate.intoto.json" in render_html(healthy)
    assert "Certificate of sea trial" in render_html(healthy)
    text = render_html(rejected)
    assert "certificate.intoto.json" not in text
    assert "it was not granted" in text


def test_a_run_of_a_part_is_not_shown_as_a_certificate(make_report: Callable[..., Report]) -> None:
    text = render_html(make_report(synthetic.healthy(suites=("sla",))))
    assert "Certificate of sea trial" not in text
    assert '<h1><span class="open">Passed in part.</span>' in text
    assert "only a part of the policy was tried" in text


def test_an_unfinished_run_says_so_first(killed: Report) -> None:
    text = render_html(killed)
    title = text[text.index("<h1>") : text.index("</h1>")]
    assert "Not finished." in title
    assert "certifies nothing" in title


@pytest.mark.parametrize(("verified", "word"), [(True, "verified ✓"), (False, "not valid ✕")])
def test_a_verified_certificate_is_told(healthy: Report, verified: bool, word: str) -> None:
    assert word in render_html(replace(healthy, certificate_verified=verified))


def test_a_changed_target_is_told_in_words(make_report: Callable[..., Report]) -> None:
    text = render_html(make_report(synthetic.healthy(target_changed=True)))
    assert "CHANGED" in text
    assert "reported_model (changed)" in text


def test_many_checks_are_folded(make_report: Callable[..., Report]) -> None:
    items = [item(f"contract/test_m.py::test_{i}", "contract", f"Check {i}") for i in range(80)]
    text = render_html(make_report(synthetic.healthy(extra_items=items)))
    assert "<summary>Show all 92</summary>" in text


def test_a_check_is_told_once(make_report: Callable[..., Report]) -> None:
    control = item("checklists/c.yaml::rdy-pre-01", "checklists", "Shown as a control") | {
        "control": "rdy-pre-01"
    }
    report = make_report(synthetic.healthy(extra_items=[control]))
    text = render_html(report)
    assert "Shown as a control" not in text, "its control is in the table of controls"
    assert text.count('<th scope="row"><span class="anywhere">latency-p95</span>') == 1


def test_a_fingerprint_that_stayed_is_one_column(healthy: Report) -> None:
    text = render_html(healthy)
    assert "before and after</th>" in text
    assert '<th scope="col">before</th>' not in text


def test_a_run_of_nothing(make_report: Callable[..., Report]) -> None:
    report = make_report(synthetic.healthy(), keep=0.0)
    assert "The target's fingerprint was not taken." not in render_html(report) or not report.fingerprints


def test_words_around_numbers() -> None:
    assert units("5 % of 402 requests in 20 s") == "5\u00a0% of 402\u00a0requests in 20\u00a0s"
    assert units("page 5 shows") == "page 5 shows"
    assert short_digest("sha256:" + "a" * 64) == "sha256:aaaaaa…aaaa"
    assert short_digest(None) == "–"
    assert node("seatrial/suites/contract/test_x.py::test_y[a/b]") == "test_x.py::test_y[a/b]"
    assert command("a <b>") == '<span class="word">a</span> <span class="word">&lt;b&gt;</span>'
