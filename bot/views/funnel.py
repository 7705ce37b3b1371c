"""A funnel as a message: each stage with its count, its share of the stage before, how that is and what it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.settings import PRODUCTION
from bot.views.blocks import LABEL_CHARACTERS, Block, Message, bar_chart, context, header, message, section
from bot.views.scene import environment_label
from bot.views.text import day, escape, moment, number, plain
from connector.funnel.benchmarks import MINIMUM_COUNT, PROFILES, Light, is_small, judge
from connector.funnel.breaks import told
from connector.funnel.metrics import FunnelReport, Scope, Step, growth, percent

_TITLES = {"plg": "Product-led funnel", "sales": "Sales-led funnel"}
_LIGHTS = {Light.GOOD: "🟢", Light.WARNING: "🟡", Light.RED: "🔴"}
_MOST_STAGES = 20  # what one chart takes (slack B2)
_STAGES_PER_SECTION = 6
_LABEL = 30
_MOST_BREAKS, _SENTENCE = 10, 300


def funnel_message(report: FunnelReport, environment: str = PRODUCTION, profile: str = PROFILES[0]) -> Message:
    """The answer to `/funnel NAME`."""
    title = title_of(report.name)
    return message(
        [
            *environment_label(environment),
            header(title),
            context(scope_line(report.since, report.until, report.scope)),
            *_stages(report, profile),
            *_chart(title, report),
            *_breaks(report),
            context(_definition(report)),
        ]
    )


def title_of(name: str) -> str:
    """What people call a funnel."""
    return _TITLES.get(name) or f"Funnel {plain(name, 60)}"


def scope_line(since: datetime, until: datetime, scope: Scope) -> str:
    """Which time and whose accounts."""
    parts = [f"{day(since)} – {day(until)} (UTC)", *narrowed_to(scope)]
    return "  ·  ".join(parts)


def narrowed_to(scope: Scope) -> list[str]:
    """Whose accounts; nothing where it is everybody's."""
    segment = [f"segment {escape(scope.segment, 60)}"] if scope.segment else []
    return [*segment, *([f"owner {escape(scope.owner, 120)}"] if scope.owner else [])]


def _stages(report: FunnelReport, profile: str) -> list[Block]:
    before = {step.stage: step for step in report.before.steps} if report.before else {}
    shown = report.steps[:_MOST_STAGES]
    lines = ["\n".join(_lines(step, before.get(step.stage), report, profile)) for step in shown]
    parts = [lines[start : start + _STAGES_PER_SECTION] for start in range(0, len(lines), _STAGES_PER_SECTION)]
    return [section("\n".join(part)) for part in parts] or [section("No stages.")]


def _lines(step: Step, before: Step | None, report: FunnelReport, profile: str) -> Iterator[str]:
    label = escape(step.label, _LABEL)
    if step.count is None:
        yield f"*{label}*  not configured"
        return
    yield f"*{label}*  {number(step.count)}{_share(step, report)}"
    if details := [*_graded(step, profile), *_changed(step, before)]:
        yield f"      {'  ·  '.join(details)}"


def _share(step: Step, report: FunnelReport) -> str:
    """The share with its denominator, which the same words would leave open (K12)."""
    if step.of is None or step.denominator is None:
        return ""
    of = escape(next((each.label for each in report.steps if each.stage == step.of), step.of), _LABEL)
    if step.conversion is None:
        return f"  –  no {of} to take a share of"
    return f"  –  {percent(step.conversion)} of {of} ({number(step.count)} of {number(step.denominator)})"


def _graded(step: Step, profile: str) -> Iterator[str]:
    """The grade, and by whose bands: sources disagree (K8)."""
    if grade := judge(step, profile):
        words = grade.light if grade.word == grade.light else f"{grade.light} ({grade.word})"
        yield f"{_LIGHTS[grade.light]} {words} by {grade.profile}"
    elif is_small(step):
        yield f"not graded: fewer than {MINIMUM_COUNT}"
    if step.target is not None and step.conversion is not None:
        yield f"target {percent(step.target)}"


def _changed(step: Step, before: Step | None) -> Iterator[str]:
    """The count before, and the share before where there is one."""
    if before is None or before.count is None:
        return
    grown = growth(step, before)
    change = f" ({grown * 100:+.1f} %)" if grown is not None else ""
    share = f", {percent(before.conversion)}" if before.conversion is not None else ""
    yield f"before: {number(before.count)}{change}{share}"


def _chart(title: str, report: FunnelReport) -> list[Block]:
    counted = [(step.label, step.count) for step in report.steps[:_MOST_STAGES] if step.count is not None]
    labels = {plain(label, LABEL_CHARACTERS) for label, _ in counted}
    if not counted or len(labels) < len(counted):
        return []
    return [bar_chart(title, "Accounts", counted)]


def _breaks(report: FunnelReport) -> list[Block]:
    """What makes the numbers of this time not one series (I13)."""
    if report.breaks is None:
        return [context("Whether a definition changed in this time is not known.")]
    said = [escape(sentence, _SENTENCE) for sentence in told(report.breaks)[:_MOST_BREAKS]]
    return [context(f"*{each[:1].upper()}{each[1:]}.* Counts before and after do not compare.") for each in said]


def _definition(report: FunnelReport) -> str:
    since, until = day(report.since), day(report.until)
    return " ".join(
        [
            f"Accounts that reached each stage from {since} up to, not including, {until} (UTC).",
            "Every stage counts its own period; the shares do not follow one group of accounts.",
            *_compared(report),
            *_unowned(report),
            f"Scored {moment(report.scored_at)}." if report.scored_at else "When accounts were scored is not known.",
            *_version(report),
        ]
    )


def _compared(report: FunnelReport) -> Iterator[str]:
    if report.before:
        yield f"“Before” is the equal time from {day(report.before.since)} to {day(report.before.until)}."


def _unowned(report: FunnelReport) -> Iterator[str]:
    """Owners are those of the warehouse, which a CRM may know better; and some warehouses name none."""
    if report.scope.owner:
        yield "Owners are those the warehouse names, as the column owner_email."
    if report.scope.segment:
        yield "Segments go by the column employees."


def _version(report: FunnelReport) -> Iterator[str]:
    if report.version:
        since = f", in force since {day(report.in_force)}" if report.in_force else ", in force from the next sync on"
        yield f"Funnel definition {escape(report.version, 20)}{since}."
