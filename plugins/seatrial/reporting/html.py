"""One self-contained HTML page: no network, no scripts, light and dark, on paper and by a screen reader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from seatrial.bundled import bundled
from seatrial.core.outcome import Outcome
from seatrial.core.units import format_rate
from seatrial.reporting import figures, flow_charts, story, traffic_charts
from seatrial.reporting.charts import evidence_growth, interval_scale
from seatrial.reporting.load_page import (
    CapacitySection,
    Figure,
    capacity_sections,
    flow_figures,
    growth_scale,
    growth_words,
    hourly_words,
    slope_words,
)
from seatrial.reporting.model import Evidence, Finding, Report, SuiteView, TrafficView
from seatrial.reporting.plots import tone
from seatrial.reporting.postmortem import clock, impact_words
from seatrial.reporting.soak_charts import series_chart
from seatrial.reporting.text import slug

if TYPE_CHECKING:
    from jinja2 import Environment

_LEADING = 3  # findings that stand beside the verdict
_SHOWN = 24  # exchanges printed whole
_UNIT = re.compile(r"(?<=\d) (?=(?:%|ms|s|min|h|µs|requests?|objectives?|GiB|MiB|KiB)\b|%)")


@dataclass(frozen=True, slots=True)
class _Section:
    """One traffic, drawn."""

    view: TrafficView
    anchor: str
    lede: str
    distributions: list[tuple[str, Markup]]
    late: str
    flow: tuple[Figure, ...]
    heat: Figure | None
    timeline: Markup | None
    warm: bool
    rows: list[tuple[str, dict[str, str]]]


def render_html(report: Report) -> str:
    """The page as text."""
    leading = _leading(report)
    capacities, traffics = capacity_sections(report.load), [_section(view) for view in _told_alone(report)]
    growths = [(view, chart) for view in report.objectives if (chart := evidence_growth(view)) is not None]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            css=_css(),
            leading=leading,
            linked=_linked(report),
            shown=_shown(report),
            facts=_facts(report),
            strip=_strip(report),
            growths=growths,
            suites=_suites(report),
            load=report.load,
            capacities=capacities,
            first=_first(report, capacities, traffics),
            traffics=traffics,
            environment=_environment_rows(report),
        )
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(bundled("reports")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    made.filters.update(node=node, units=units, short=short_digest, command=command, span=figures.seconds)
    made.filters.update(
        rate=format_rate,
        slope=slope_words,
        growth=growth_words,
        growth_scale=growth_scale,
        hourly=hourly_words,
    )
    made.globals.update(
        tone=tone,
        story=story,
        interval_scale=interval_scale,
        tally=_tally,
        fold_title=_fold_title,
        open=Outcome.INCONCLUSIVE,
        passed=Outcome.PASSED,
        failed=Outcome.FAILED,
        error=Outcome.ERROR,
        warned=Outcome.WARNED,
        skipped=Outcome.NOT_APPLICABLE,
        moment=clock,
        impact_words=impact_words,
        series_chart=series_chart,
    )
    return made


@lru_cache(maxsize=1)
def _css() -> Markup:
    return Markup((bundled("reports") / "report.css").read_text("utf-8"))  # noqa: S704 - our own file


def units(text: str) -> str:
    """*text* with its numbers tied to their units, so that no line breaks between them."""
    return _UNIT.sub("\u00a0", text)


def command(line: str) -> Markup:
    """A command whose words stay whole where they can, so that no line breaks within an option."""
    return Markup(" ").join(Markup('<span class="word">{}</span>').format(word) for word in line.split(" "))


def node(name: str) -> str:
    """A test's id without the folders before its file."""
    path, colons, test = name.partition("::")
    return f"{path.rpartition('/')[2]}{colons}{test}"


def short_digest(digest: str | None) -> str:
    """``sha256:9f2c4d…50e1e1``: enough of a digest to tell it from another."""
    kind, colon, value = (digest or "").rpartition(":")
    return f"{kind}{colon}{value[:6]}…{value[-4:]}" if len(value) > 16 else digest or "–"


def _leading(report: Report) -> tuple[Finding, ...]:
    """What stands beside the verdict: what keeps the run from being certified, or what it was warned of."""
    if report.holds:
        return report.findings[:_LEADING]
    return tuple(found for found in report.findings if not found.outcome.green)[:_LEADING]


def _linked(report: Report) -> set[str]:
    """Anchors of the exchanges that the top of the page points to: shown open."""
    return {found.evidence.anchor for found in _leading(report) if found.evidence is not None}


def _shown(report: Report) -> list[Evidence]:
    """The exchanges to print, those that a finding points to first."""
    wanted = [found.evidence for found in report.findings if found.evidence is not None]
    rest = [item for item in report.exchanges if item not in wanted]
    return [*dict.fromkeys(wanted), *rest][: max(_SHOWN, len(wanted))]


def _told_alone(report: Report) -> list[TrafficView]:
    """The traffics, but for those that the sections on load tell: levels of a search, soaks, audits."""
    load = report.load
    return [view for view in report.traffics if load is None or not load.tells(view)]


def _first(report: Report, capacities: list[CapacitySection], traffics: list[_Section]) -> tuple[str, str]:
    """Where the skip link leads: anchor and name."""
    if report.gameday is not None:
        return "gameday", "findings"
    if report.load is not None and report.load.trends and not report.objectives:
        return "soak", "trends"
    if report.objectives or not report.exercise:
        return "objectives", "objectives"
    if capacities:
        return capacities[0].anchor, "capacity"
    return (traffics[0].anchor, "traffic") if traffics else ("environment", "environment")


def _suites(report: Report) -> list[SuiteView]:
    """The suites without the items that the tables of objectives, controls and audits show already."""
    objectives = {view.name for view in report.objectives}
    controls = {view.id for view in report.controls}
    audits = report.load.items if report.load else frozenset()
    rest = [
        SuiteView(
            suite.name,
            tuple(
                item
                for item in suite.items
                if item.objective not in objectives and item.control not in controls and item.id not in audits
            ),
        )
        for suite in report.suites
    ]
    return [suite for suite in rest if suite.items]


def _facts(report: Report) -> list[tuple[str, str]]:
    run = report.run
    prints = report.fingerprints
    identity = "not taken"
    if prints:
        state = "unchanged" if all(view.unchanged for view in prints) else "not confirmed"
        changed = any(view.before and view.after and not view.unchanged for view in prints)
        identity = f"{short_digest(prints[0].before or prints[0].after)} {'CHANGED' if changed else state}"
    signed = {
        True: "verified ✓",
        False: "not valid ✕",
        None: "certificate.intoto.json" if report.certified else "not granted",
    }
    rows = [
        ("target", ", ".join(view.uri for view in prints) or "–"),
        ("identity", identity),
        ("policy", f"{run.policy or run.policy_file or '–'} {short_digest(run.policy_digest)}"),
        ("run", f"{_moment(run.created)} · {figures.seconds(run.seconds)}"),
        ("seed", run.seed or "–"),
        ("hardware", _hardware(report)),
        ("certificate", signed[report.certificate_verified] if not report.exercise else ""),
    ]
    return [row for row in rows if row[1]]


def _moment(created: str) -> str:
    """``2026-11-20T14:02:33Z`` → ``2026-11-20 14:02 UTC``."""
    day, _, clock = created.partition("T")
    return f"{day} {clock[:5]}{' UTC' if clock.endswith('Z') else ''}"


def _hardware(report: Report) -> str:
    told = dict(report.run.environment)
    cores = f"{told['cores']} cores" if "cores" in told else ""
    return ", ".join(filter(None, (told.get("cpu", ""), cores, told.get("memory", ""))))


def _strip(report: Report) -> list[tuple[str, str, str]]:
    counts, run = report.counts, report.run
    cells = [(figures.count(counts[Outcome.PASSED]), "✓ passed", "")]
    cells.append(
        (figures.count(counts[Outcome.FAILED]), "✕ failed", "fail" if counts[Outcome.FAILED] else "")
    )
    open_ones = counts[Outcome.INCONCLUSIVE]
    cells.append((figures.count(open_ones), "? not proven", "open" if open_ones else ""))
    for outcome in (Outcome.WARNED, Outcome.ERROR):
        if counts[outcome]:
            cells.append((figures.count(counts[outcome]), f"{outcome.symbol} {outcome.label}", tone(outcome)))
    allowed = f" (of {figures.count(run.allowed)} allowed)" if run.allowed else ""
    cells.append((figures.count(run.requests), f"requests{allowed}", ""))
    spent = run.cost is not None
    cells.append(
        (figures.money(run.cost or 0.0), "spent on the target", "")
        if spent
        else (figures.seconds(run.seconds), "took", "")
    )
    return cells


def _section(view: TrafficView) -> _Section:
    data = view.columns.measured
    charts = [
        (caption, traffic_charts.distribution(view, indicator))
        for indicator, caption in traffic_charts.NAMES.items()
    ]
    wrong = figures.listed([f"{figures.count(number)} {kind}" for kind, number in data.errors()], 5)
    measured = (
        f"{figures.plural(len(data), 'exchange')} measured, {f'errors: {wrong}' if wrong else 'no errors'}."
    )
    about = f"{view.about[0].upper()}{view.about[1:]}. " if view.about else ""
    flow, heat = flow_figures(view)
    return _Section(
        view=view,
        anchor=slug("traffic", view.name),
        lede=about + measured,
        distributions=[(caption, chart) for caption, chart in charts if chart is not None],
        flow=flow,
        heat=heat,
        timeline=None if heat is not None and not view.faults else traffic_charts.timeline(view),
        late=flow_charts.lateness(view) if view.open_loop and flow_charts.late(view) else "",
        warm=len(data) < len(view.columns),
        rows=traffic_charts.summary_rows(view),
    )


def _environment_rows(report: Report) -> list[tuple[str, str]]:
    run = report.run
    rows: list[tuple[str, Any]] = [*run.environment]
    rows += [("policy file", run.policy_file), ("policy digest", run.policy_digest)]
    rows += [("checklists", ", ".join(run.checklists)), ("seatrial", run.version)]
    return [(label, str(value)) for label, value in rows if value]


def _tally(suite: SuiteView) -> str:
    order = (
        Outcome.FAILED,
        Outcome.ERROR,
        Outcome.INCONCLUSIVE,
        Outcome.WARNED,
        Outcome.PASSED,
        Outcome.NOT_APPLICABLE,
    )
    return ", ".join(f"{number} {outcome.label}" for outcome in order if (number := suite.count(outcome)))


def _fold_title(suite: SuiteView) -> str:
    number = len(suite.unremarkable)
    return f"Show all {number}" if not suite.notable else f"Show the other {number}"
