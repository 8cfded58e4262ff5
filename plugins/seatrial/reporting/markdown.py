"""A Markdown summary, for ``$GITHUB_STEP_SUMMARY`` and for people who read text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from seatrial.core.outcome import Outcome
from seatrial.reporting import figures, story
from seatrial.reporting.load_page import load_lines
from seatrial.reporting.model import ControlView, Finding, ObjectiveView, Report, SuiteView
from seatrial.reporting.text import one_line

# Characters that mean something to GitHub's Markdown wherever they stand, an underscore only beside a word,
# and what makes a list or a rule at the beginning of a line.
_SPECIAL = re.compile(r"[\\`*\[\]#|~$]|!(?=\[)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_AT_START = re.compile(r"^([-+=]|\d+[.)])")
# What GitHub makes a link or a mention of, broken by an invisible character.
_LINKED = re.compile(r"(?i)(?:(?:https?|ftp|mailto|xmpp)(?=:)|www(?=\.)|@(?=\S)|#(?=\d)|\bGH-(?=\d))")
_JOINER = "\u2060"
_ROWS = 60


def plain(text: str, limit: int = 300) -> str:
    """*text* as Markdown that shows just these characters.

    No link, image, HTML, mention or table cell gets out of it.
    """
    text = _LINKED.sub(lambda found: found[0] + _JOINER, one_line(text, limit))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = _SPECIAL.sub(lambda found: "\\" + found[0], text)
    return _AT_START.sub(lambda found: found[0][:-1] + "\\" + found[0][-1], text)


def code(text: str, limit: int = 300) -> str:
    """*text* as a code span that holds in a table cell: backticks and pipes are replaced by look-alikes."""
    text = one_line(text, limit).replace("`", "ˋ").replace("|", "¦")
    return f"`{text}`" if text else "–"


def render_markdown(report: Report) -> str:
    """The summary as text."""
    blocks = [
        f"## {report.tone.symbol} {plain(report.headline.lead)} {plain(report.headline.why)}",
        plain(report.headline.standfirst, 600),
        _findings([found for found in report.findings if not found.outcome.green]),
        _objectives(report.objectives),
        _load(report),
        _warnings([found for found in report.findings if found.outcome is Outcome.WARNED]),
        _remediation(report),
        *(_suite(suite) for suite in report.suites),
        _controls(report.controls),
        _about(report),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _findings(findings: Sequence[Finding]) -> str:
    lines = []
    for found in findings[:_ROWS]:
        lines.append(f"- {found.outcome.symbol} **{plain(found.name)}** {plain(found.sentence, 500)}")
        if found.detail:
            lines.append(f"  {plain(found.detail, 500)}")
    if len(findings) > _ROWS:
        lines.append(f"- and {len(findings) - _ROWS} more")
    return "\n".join(lines)


def _warnings(findings: Sequence[Finding]) -> str:
    return "\n".join(
        f"- {found.outcome.symbol} **{plain(found.name)}** {plain(f'{found.sentence}. {found.detail}', 500)}"
        for found in findings[:_ROWS]
    )


def _objectives(objectives: Sequence[ObjectiveView]) -> str:
    if not objectives:
        return ""
    rows = ["| objective | limit | interval | requests | verdict |", "|---|---|---|---:|---|"]
    for view in objectives:
        cells = (
            plain(view.name),
            plain(view.statement),
            plain(story.interval(view)),
            figures.count(0 if view.verdict is None else view.verdict.n),
            f"{view.outcome.symbol} {view.outcome.label}",
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _load(report: Report) -> str:
    lines = load_lines(report.load, report.traffics)
    return "\n".join(f"- {sign} **{plain(name)}** {plain(said, 500)}" for sign, name, said in lines[:_ROWS])


def _remediation(report: Report) -> str:
    return "\n".join(
        f"- **{plain(loop.name)}** {plain(loop.told, 500)}" for loop in report.remediation[:_ROWS]
    )


def _suite(suite: SuiteView) -> str:
    rows = ["| | check | what was found |", "|---|---|---|"]
    for item in suite.items[:_ROWS]:
        rows.append(f"| {item.outcome.symbol} | {plain(item.title)} | {plain(item.reason, 200)} |")
    if len(suite.items) > _ROWS:
        rows.append(f"| | and {len(suite.items) - _ROWS} more | |")
    passed = suite.count(Outcome.PASSED)
    return _folded(f"{suite.name}: {passed} of {len(suite.items)} passed", rows)


def _controls(controls: Sequence[ControlView]) -> str:
    if not controls:
        return ""
    rows = ["| | control | rests on |", "|---|---|---|"]
    for view in controls[:_ROWS]:
        rests = f"waived: {view.waiver}" if view.waiver else view.reason
        rows.append(f"| {view.outcome.symbol} | {plain(f'{view.id} {view.title}')} | {plain(rests)} |")
    return _folded(f"controls: {len(controls)}", rows)


def _about(report: Report) -> str:
    run = report.run
    lines = [
        f"- target: {', '.join(code(view.uri) for view in report.fingerprints) or '–'}",
        f"- policy: {code(run.policy_file or run.policy)} {code(run.policy_digest)}",
        f"- run: {code(run.id)}, {plain(run.created)}, {figures.seconds(run.seconds)}",
        f"- again: {code(report.reproduce, 600)}",
    ]
    lines += [f"- verify: {code(report.verify, 600)}"] if report.certified else []
    lines += [f"- {plain(line, 500)}" for line in report.assumptions]
    return _folded("the run, and what it assumes", lines)


def _folded(title: str, lines: Iterable[str]) -> str:
    body = "\n".join(lines)
    return f"<details><summary>{escape(one_line(title, 200))}</summary>\n\n{body}\n\n</details>"
