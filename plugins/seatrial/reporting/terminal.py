"""What a run looks like in a terminal: the bar of an interval, a row an objective, the screen at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from seatrial.core.outcome import Outcome
from seatrial.reporting import figures, story
from seatrial.reporting.model import Finding, ObjectiveView, Report
from seatrial.reporting.text import one_line

STYLES = {
    Outcome.PASSED: "green",
    Outcome.WARNED: "yellow",
    Outcome.FAILED: "bold red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.ERROR: "bold magenta",
}
_FINDINGS = 8
# For terminals that know no Unicode: every sign stays a sign.
_ASCII = str.maketrans(
    {
        "✓": "+", "✕": "x", "–": "-", "‼": "!!", "…": "...", "·": "|", "≤": "<=", "≥": ">=", "µ": "u",
        "━": "=", "─": "-", "●": "o", "┊": "|", "◌": ".", "→": "->", "−": "-",
    }
)  # fmt: skip


def say(console: Console, *parts: Text | str, indent: int = 0) -> None:
    """Print one line (or paragraph), in what the terminal can show; a line for a file is never broken."""
    line = Text.assemble(*parts)
    space = Text(" " * indent)
    if not console.is_terminal:
        console.print(space + spoken(console, line), soft_wrap=True, highlight=False)
        return
    for row in line.wrap(console, max(console.width - indent, 20)):
        row.rstrip()
        console.print(space + spoken(console, row), overflow="fold", highlight=False)


def spoken(console: Console, text: Text) -> Text:
    """*text*, in ASCII where the terminal has nothing else."""
    if not console.options.ascii_only:
        return text
    plain = text.plain.translate(_ASCII).encode("ascii", "replace").decode("ascii")
    return Text(plain, style=text.style)


def sign(outcome: Outcome) -> Text:
    """The sign of an outcome in its colour."""
    return Text(outcome.symbol, STYLES[outcome])


def bar(view: ObjectiveView, width: int) -> Text:
    """An interval against its limit: the limit lies at the same column for every objective.

    Args:
        view: an objective, decided or on its way.
        width: characters.
    """
    verdict = view.verdict
    if verdict is None or not verdict.n or verdict.lower is None or verdict.upper is None or width < 8:
        return Text("─" * max(width, 0), "dim")
    cells = ["─"] * width
    low, high = _cell(verdict.lower, verdict.limit, width), _cell(verdict.upper, verdict.limit, width)
    for place in range(low, high + 1):
        cells[place] = "━"
    limit = _cell(verdict.limit, verdict.limit, width)
    estimate = _cell(verdict.lower if verdict.estimate is None else verdict.estimate, verdict.limit, width)
    cells[limit], cells[estimate] = "┊", "●"
    text = Text("".join(cells), "dim")
    text.stylize(f"not dim {STYLES[view.outcome]}", low, high + 1)
    text.stylize("not dim", limit, limit + 1)
    return text


def _cell(value: float, limit: float, width: int) -> int:
    """Linear up to the limit at three fifths of the width, ever more compressed beyond."""
    at = round(0.6 * (width - 1))
    if limit <= 0:
        return min(round((width - 1) * value / (value + 0.01)), width - 1) if value > 0 else 0
    ratio = max(value, 0.0) / limit
    place = at * ratio if ratio <= 1 else at + (width - 1 - at) * (1 - 1 / ratio)
    return min(round(place), width - 1)


def verdict_line(view: ObjectiveView) -> Text:
    """One objective on one line."""
    words = f" {story.objective_sentence(view)}"
    return Text.assemble(sign(view.outcome), (f" {view.name}", "bold"), words)


def end_screen(report: Report, console: Console, files: Sequence[tuple[str, str]] = ()) -> None:
    """The end of a run in the order of its report: verdict, what failed, numbers, files.

    Args:
        report: what to tell.
        console: where to.
        files: ``(label, path or command)`` pairs to end with.
    """
    say(console, "")
    lead = Text(report.headline.lead, f"bold {STYLES[report.tone]}")
    say(console, lead, Text(f" {report.headline.why}", "bold"))
    say(console, Text(report.headline.standfirst))
    _findings(report, console)
    say(console, "")
    for view in report.objectives:
        if view.outcome.green:
            say(console, verdict_line(view))
    say(console, Text(", ".join(_counts(report)), "dim"))
    for label, value in files:
        say(console, Text(f"{label:<12} ", "dim"), value)


def _findings(report: Report, console: Console) -> None:
    against = [found for found in report.findings if report.holds or not found.outcome.green]
    if against:
        say(console, "")
    for found in against[:_FINDINGS]:
        _finding(found, console)
    if len(against) > _FINDINGS:
        say(console, Text(f"and {len(against) - _FINDINGS} more in the report", "dim"))


def _finding(found: Finding, console: Console) -> None:
    say(console, sign(found.outcome), Text(f" {found.name}", "bold"), f" {found.sentence}")
    if found.detail:
        say(console, one_line(found.detail), indent=2)
    if found.source:
        say(console, Text(found.source, "dim"), indent=2)


def _counts(report: Report) -> Iterable[str]:
    order = (Outcome.PASSED, Outcome.FAILED, Outcome.INCONCLUSIVE, Outcome.WARNED, Outcome.ERROR)
    for outcome in order:
        number = report.counts[outcome]
        if number or outcome in order[:3]:
            yield f"{outcome.symbol} {number} {outcome.label}"
    yield figures.plural(report.run.requests, "request")
    yield figures.seconds(report.run.seconds)
    if report.run.cost is not None:
        yield figures.money(report.run.cost)
