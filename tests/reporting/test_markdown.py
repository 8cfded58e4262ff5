from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from seatrial.reporting.markdown import code, plain, render_markdown
from seatrial.reporting.model import Report
from tests.reporting.hostile import HOSTILE
from tests.reporting.test_text import harmful

HARMFUL = {
    "link_open",
    "image",
    "html_inline",
    "html_block",
    "heading_open",
    "fence",
    "code_block",
    "hr",
    "table_open",
}
# What GitHub turns into links beyond CommonMark: bare addresses, mentions, references.
AUTOLINK = re.compile(r"(?i)\b(?:https?|ftp|mailto|xmpp):|\bwww\.|@\w|#\d|\bGH-\d")


def kinds(markdown: str) -> set[str]:
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    return {token.type for outer in tokens for token in [outer, *(outer.children or ())]}


@pytest.mark.parametrize("name", HOSTILE)
def test_plain_text_stays_plain(name: str) -> None:
    made = plain(HOSTILE[name])
    assert kinds(made) <= {"paragraph_open", "paragraph_close", "inline", "text", "text_special"}
    assert AUTOLINK.search(made.replace("\\", "")) is None
    assert harmful(made) == []
    assert "\n" not in made


@pytest.mark.parametrize("name", HOSTILE)
def test_a_table_keeps_its_cells(name: str) -> None:
    table = f"| a | b |\n|---|---|\n| {plain(HOSTILE[name])} | {code(HOSTILE[name])} |\n"
    tokens = MarkdownIt("commonmark").enable("table").parse(table)
    assert [token.type for token in tokens].count("td_open") == 2
    assert tokens[-1].type == "table_close"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_code_span_holds(name: str) -> None:
    assert kinds(code(HOSTILE[name])) <= {
        "paragraph_open",
        "paragraph_close",
        "inline",
        "code_inline",
        "text",
    }


def test_the_check_itself_sees_harm() -> None:
    assert "link_open" in kinds(HOSTILE["markdown link"])
    assert "html_inline" in kinds("x <b>")
    assert AUTOLINK.search(HOSTILE["mentions"])


def test_ordinary_text_stays_readable() -> None:
    assert (
        plain("latency-p95: 3.7 % of 402 requests (limit 1 %)")
        == "latency-p95: 3.7 % of 402 requests (limit 1 %)"
    )
    assert plain("time_to_first_chunk") == "time_to_first_chunk"
    assert plain("- x") == "\\- x"
    assert plain("1. x") == "1\\. x"


def test_the_story_is_told_in_order(rejected: Report) -> None:
    text = render_markdown(rejected)
    assert text.startswith("## ✕ Not certified. Answers are cut short.\n")
    assert text.index("**complete-answers** failed") < text.index("| objective |") < text.index("<details>")
    assert "| latency-p95 | ≤ 5 % beyond 1 s |" in text
    assert text.count("<details>") == text.count("</details>")


def test_a_hostile_run_adds_nothing_but_our_own_html(poisoned: Report) -> None:
    text = render_markdown(poisoned)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    own = re.compile(r"</?details>|<details><summary>[^<>]*</summary>")
    html = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert html
    assert all(own.fullmatch(block) for block in html), html
    inner = {child.type for token in tokens for child in token.children or ()}
    assert inner.isdisjoint(HARMFUL)
    assert harmful(text) == []


def test_verify_is_told_only_for_a_certificate(healthy: Report, killed: Report) -> None:
    assert "seatrial verify" in render_markdown(healthy)
    text = render_markdown(killed)
    assert "seatrial verify" not in text
    assert text.startswith("## ‼ Not finished. The run was cut off and certifies nothing.")
