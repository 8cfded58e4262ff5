"""A comparison of two runs as Markdown and as a table in the terminal: functions of its JSON form alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seatrial.core.outcome import Outcome
from seatrial.core.quantity_text import format_count, format_duration, format_money, format_share
from seatrial.reporting.markdown import plain
from seatrial.reporting.text import clean_tree, one_line

if TYPE_CHECKING:
    from rich.console import Console

Told = dict[str, Any]
_STYLES = {Outcome.PASSED: "green", Outcome.FAILED: "bold red", Outcome.INCONCLUSIVE: "yellow"}
_FOUND = {Outcome.FAILED.symbol: "worse", Outcome.INCONCLUSIVE.symbol: "not shown"}
_VERDICTS = {
    Outcome.PASSED: "the candidate is no worse than the baseline",
    Outcome.FAILED: "the candidate is worse than the baseline",
}


def headline(told: Told) -> str:
    """What the comparison comes to, in one line."""
    outcome = Outcome(told["outcome"])
    said = _VERDICTS.get(outcome, "it is not shown that the candidate is no worse than the baseline")
    return f"{outcome.symbol} {said}"


def sides(told: Told) -> list[tuple[str, str]]:
    """Baseline and candidate, each with a few words about its run."""
    found = []
    for name in ("baseline", "candidate"):
        run = clean_tree(told[name])
        where = ", ".join(f"{target} at {uri}" for target, uri in run["targets"].items()) or "no target"
        label = Outcome(run["outcome"]).label
        found.append((name, f"{run['run']} · {run['policy']} · {where} · {label}"))
    return found


def rows(told: Told) -> list[tuple[str, str, str, str, str, str]]:
    """Sign, name, baseline, candidate, change with its interval, and what was found; of every line."""
    found = []
    for line in told["lines"]:
        outcome = Outcome(line["outcome"])
        name = one_line(line["name"], 80) + ("" if line.get("key", True) else " (not key)")
        pairs = f", {line['pairs']:,} pairs" if line.get("pairs") else ""
        found.append(
            (
                outcome.symbol,
                name,
                _figure(line["baseline"], line),
                _figure(line["candidate"], line),
                _change(line) + pairs,
                one_line(line["reason"]),
            )
        )
    return found


def render_comparison(told: Told) -> str:
    """The comparison as Markdown, for a pull request or a wiki."""
    parts = [f"## {headline(told)}", ""]
    parts += [f"- {name}: {plain(about)}" for name, about in sides(told)]
    parts += [f"- ? {plain(reason)}" for reason in told["reasons"][:20]]
    parts += [f"- ! {plain(notice)}" for notice in told["notices"]]
    parts += ["", "| | what | baseline | candidate | change | |", "|---|---|---:|---:|---|---|"]
    for sign, name, baseline, candidate, change, reason in rows(told):
        cells = (sign, plain(name), baseline, candidate, plain(change), _FOUND.get(sign) or _found(reason))
        parts.append(f"| {' | '.join(cells)} |")
    methods = dict.fromkeys(
        line["method"].partition(", design")[0] for line in told["lines"] if line["method"]
    )
    parts += ["", f"Change: negative is better. Methods: {plain('; '.join(methods), 600)}.", ""]
    return "\n".join(parts)


def print_comparison(told: Told, console: Console) -> None:
    """The comparison as a table."""
    from rich.table import Table
    from rich.text import Text

    for name, about in sides(told):
        console.print(Text(f"{name:<10} {about}"))
    table = Table(box=None, pad_edge=False)
    for title in ("", "what", "baseline", "candidate", "change"):
        table.add_column(title, justify="right" if title in ("baseline", "candidate") else "left")
    for line, (sign, *cells, _) in zip(told["lines"], rows(told), strict=True):
        style = _STYLES.get(Outcome(line["outcome"]), "")
        table.add_row(Text(sign, style=style), *(Text(cell) for cell in cells))
    console.print(table)
    for reason in told["reasons"][:10]:
        console.print(Text(f"? {one_line(reason)}"), soft_wrap=True)
    for notice in told["notices"]:
        console.print(Text(f"! {one_line(notice)}"), soft_wrap=True)
    console.print(Text(headline(told), style=_STYLES.get(Outcome(told["outcome"]), "")))


def _found(reason: str) -> str:
    """Better, or no worse."""
    return "better" if reason.startswith("better") else "no worse"


def _figure(value: float | None, line: Told) -> str:
    if value is None:
        return "–"
    unit = line["unit"]
    if unit == "share":
        return format_share(value)
    if unit == "s":
        return format_duration(value)
    return format_money(value, 6) if unit == "USD" else f"{format_count(round(value))} {unit}"


def _change(line: Told) -> str:
    if line["change"] is None:
        return "–"
    sides = [_words(line[name], line["kind"]) for name in ("change", "lower", "upper")]
    return f"{sides[0]} ({sides[1]} … {sides[2]})"


def _words(value: float | None, kind: str) -> str:
    if value is None:
        return "∞"
    return f"{100 * value:+.3g} points" if kind == "share" else f"{value:+.1%}"
