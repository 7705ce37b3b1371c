"""A funnel as a message: each stage with its count and its share of the stage before, a chart, and what was counted."""

from __future__ import annotations

from bot.settings import PRODUCTION
from bot.views.blocks import LABEL_CHARACTERS, Block, Message, bar_chart, context, header, message, section
from bot.views.scene import environment_label
from bot.views.text import day, escape, number, plain
from connector.funnel.breaks import told
from connector.funnel.metrics import FunnelReport, Step, percent

_TITLES = {"plg": "Product-led funnel", "sales": "Sales-led funnel"}
_MOST_STAGES = 20  # what one chart takes (slack B2)
_LABEL = 30
_MOST_BREAKS, _SENTENCE = 10, 300


def funnel_message(report: FunnelReport, environment: str = PRODUCTION) -> Message:
    """The answer to `/funnel NAME`."""
    title = title_of(report.name)
    return message(
        [
            *environment_label(environment),
            header(title),
            section("\n".join(_line(step, report) for step in report.steps[:_MOST_STAGES]) or "No stages."),
            *_chart(title, report),
            *_breaks(report),
            context(_definition(report)),
        ]
    )


def title_of(name: str) -> str:
    """What people call a funnel."""
    return _TITLES.get(name) or f"Funnel {plain(name, 60)}"


def _line(step: Step, report: FunnelReport) -> str:
    label = escape(step.label, _LABEL)
    if step.count is None:
        return f"*{label}*  not configured"
    return f"*{label}*  {number(step.count)}{_share(step, report)}"


def _share(step: Step, report: FunnelReport) -> str:
    """The share with its denominator, which the same words would leave open (K12)."""
    if step.of is None or step.denominator is None:
        return ""
    of = escape(next((each.label for each in report.steps if each.stage == step.of), step.of), _LABEL)
    if step.conversion is None:
        return f"  –  no {of} to take a share of"
    return f"  –  {percent(step.conversion)} of {of} ({number(step.count)} of {number(step.denominator)})"


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
    return (
        f"Accounts that reached each stage from {since} up to, not including, {until} (UTC). "
        "Every stage counts its own period; the shares do not follow one group of accounts."
    )
